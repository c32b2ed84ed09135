package io.holdfast.agent.run;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The name of one run, made on the device before restic starts: a UUID of version 7 (RFC 9562), so
 * that names sort by the time at which they were made.
 */
public record RunId(UUID value) implements Comparable<RunId> {

  public RunId {
    Objects.requireNonNull(value, "value");
  }

  /** A new name for a run that starts at this instant. */
  public static RunId at(Instant now, RandomGenerator random) {
    long high = (now.toEpochMilli() << 16) | 0x7000L | (random.nextLong() & 0x0FFFL);
    long low = 0x8000_0000_0000_0000L | (random.nextLong() >>> 2);
    return new RunId(new UUID(high, low));
  }

  @Override
  public int compareTo(RunId other) {
    // UUID.compareTo compares signed longs; the text sorts as RFC 9562 means it.
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
