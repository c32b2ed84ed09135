package io.holdfast.agent.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A test of something that every restic does alike: it runs on the current one, and on all of them
 * with {@code -Dholdfast.restic.all=true}, as {@code packaging/soak} has it. Its parameter is the
 * binary.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest
@MethodSource("io.holdfast.agent.testing.ResticBinaries#currentOrAll")
@Tag("current-restic")
public @interface TestOnCurrentRestic {}
