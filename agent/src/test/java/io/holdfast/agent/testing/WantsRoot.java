package io.holdfast.agent.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The test mounts a disk or makes a network, for which it takes root. An ordinary user's run leaves
 * it out for the reason {@value #REASON}, by which packaging/verify counts and names it.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("root")
@ExtendWith(WantsRoot.Condition.class)
public @interface WantsRoot {

  String REASON = "wants root";

  /** Nothing is left out for root. */
  final class Condition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return Account.isRoot()
          ? ConditionEvaluationResult.enabled("runs as root")
          : ConditionEvaluationResult.disabled(REASON);
    }
  }
}
