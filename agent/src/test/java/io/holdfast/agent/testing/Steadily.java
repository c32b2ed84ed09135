package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import java.util.concurrent.Callable;

/**
 * Waits for work of many steps: however long it takes on a busy machine, and not for ever when it
 * does not go on.
 */
public final class Steadily {

  private Steadily() {}

  /** Until the number is that large; each step upwards may take as long as any other condition. */
  public static void reaches(long wanted, Callable<? extends Number> number) throws Exception {
    long reached = number.call().longValue();
    while (reached < wanted) {
      long before = reached;
      eventually().until(() -> number.call().longValue() > before);
      reached = number.call().longValue();
    }
  }
}
