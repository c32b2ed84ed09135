package io.holdfast.agent.restic;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version of restic, and what may be expected of it. */
public record ResticVersion(int major, int minor, int patch) implements Comparable<ResticVersion> {

  private static final Pattern FIRST_LINE =
      Pattern.compile("restic (\\d{1,6})\\.(\\d{1,6})(?:\\.(\\d{1,6}))?(?!\\d).*", Pattern.DOTALL);

  /** How well a version serves. */
  public enum Tier {
    /** 0.18 and newer. */
    RECOMMENDED,
    /** 0.17.1 and newer: all that Holdfast needs. */
    FULL,
    /** 0.14 to 0.17.0: backs up, but docs/restic.md lists what is missing. */
    DEGRADED,
    /** Older: not used. */
    UNSUPPORTED
  }

  /** Reads what {@code restic version} prints. */
  public static Optional<ResticVersion> parse(String output) {
    Matcher matcher = FIRST_LINE.matcher(output.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String patch = matcher.group(3);
    return Optional.of(
        new ResticVersion(
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            patch == null ? 0 : Integer.parseInt(patch)));
  }

  public Tier tier() {
    if (isAtLeast(0, 18, 0)) {
      return Tier.RECOMMENDED;
    }
    if (isAtLeast(0, 17, 1)) {
      return Tier.FULL;
    }
    return isAtLeast(0, 14, 0) ? Tier.DEGRADED : Tier.UNSUPPORTED;
  }

  boolean isAtLeast(int wantedMajor, int wantedMinor, int wantedPatch) {
    return compareTo(new ResticVersion(wantedMajor, wantedMinor, wantedPatch)) >= 0;
  }

  @Override
  public int compareTo(ResticVersion other) {
    return Comparator.comparingInt(ResticVersion::major)
        .thenComparingInt(ResticVersion::minor)
        .thenComparingInt(ResticVersion::patch)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
