package io.holdfast.agent.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/**
 * A test that finds the more the longer it goes on. It is short in the suite and long with {@code
 * -Dholdfast.campaign=long}, as {@code packaging/soak} has it, and asserts the same in both.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("campaign")
@Timeout(value = 1, unit = TimeUnit.HOURS)
public @interface Campaign {

  /** How long this one goes on, and by which random numbers. */
  final class Size {

    private static final String LENGTH = "holdfast.campaign";
    private static final String SEED_PROPERTY = "holdfast.seed";
    private static final long SEED = Long.getLong(SEED_PROPERTY, System.nanoTime());

    private Size() {}

    /** The size of something: the first in the suite, the second in a long campaign. */
    public static int of(int small, int large) {
      String length = System.getProperty(LENGTH, "short");
      return switch (length) {
        case "short" -> small;
        case "long" -> large;
        default ->
            throw new IllegalArgumentException(
                "-D" + LENGTH + "=" + length + ": it is short or long");
      };
    }

    /**
     * Random numbers by the seed of this run of the tests: a new one, or the one that {@code
     * -Dholdfast.seed} gives back. It is printed.
     *
     * @param number of several of one campaign, which are to be different
     */
    public static Random random(String campaign, int number) {
      System.out.println(campaign + ": to have the same again, -D" + SEED_PROPERTY + "=" + SEED);
      return new Random(31 * SEED + number);
    }
  }
}
