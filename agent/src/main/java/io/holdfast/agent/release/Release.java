package io.holdfast.agent.release;

import io.holdfast.agent.restic.ResticVersion;
import io.holdfast.agent.restic.ResticVersion.Tier;
import java.util.regex.Pattern;

/** One version of restic for one kind of machine. */
public record Release(ResticVersion version, Platform platform) {

  /** The version that this Holdfast is tested with. */
  public static final String TESTED = "0.18.0";

  private static final Pattern FORM = Pattern.compile("v?\\d{1,4}\\.\\d{1,4}\\.\\d{1,4}");

  /**
   * @param version as somebody has typed it
   * @throws CannotInstall if it is none, or one that Holdfast cannot use
   */
  public static Release of(String version, Platform platform) throws CannotInstall {
    ResticVersion wanted =
        FORM.matcher(version).matches()
            ? ResticVersion.parse("restic " + version.replaceFirst("^v", "")).orElseThrow()
            : misspoken(version);
    if (wanted.tier() == Tier.UNSUPPORTED) {
      throw new CannotInstall(
          "restic " + wanted + " is too old: 0.14 is the oldest that can be used",
          "Leave the version out for " + TESTED + ", with which Holdfast is tested.");
    }
    return new Release(wanted, platform);
  }

  private static ResticVersion misspoken(String version) throws CannotInstall {
    throw new CannotInstall(
        "\"" + version + "\" is no version of restic",
        "Write it in full, such as " + TESTED + "; restic's release page lists them.");
  }

  /** The file that holds the program, packed. */
  String file() {
    return name() + (platform.isWindows() ? ".zip" : ".bz2");
  }

  /** The program in a packed file that holds several. */
  String program() {
    return name() + ".exe";
  }

  private String name() {
    return "restic_" + version + "_" + platform.os() + "_" + platform.architecture();
  }

  /** The directory of this version below the base address. */
  String directory() {
    return "v" + version;
  }
}
