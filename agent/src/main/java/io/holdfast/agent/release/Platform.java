package io.holdfast.agent.release;

import java.util.Locale;
import java.util.Map;

/** A kind of machine, in the words of restic's releases. */
public record Platform(String os, String architecture) {

  private static final Map<String, String> ON_LINUX =
      Map.of(
          "amd64", "amd64",
          "x86_64", "amd64",
          "i386", "386",
          "x86", "386",
          "aarch64", "arm64",
          "arm", "arm",
          "ppc64le", "ppc64le",
          "riscv64", "riscv64",
          "s390x", "s390x");

  private static final Map<String, String> ON_WINDOWS =
      Map.of("amd64", "amd64", "x86_64", "amd64", "x86", "386");

  /**
   * @param osName Java's {@code os.name}
   * @param osArch Java's {@code os.arch}
   * @throws CannotInstall if restic is not released for it
   */
  public static Platform of(String osName, String osArch) throws CannotInstall {
    String system = osName.toLowerCase(Locale.ROOT);
    boolean windows = system.startsWith("windows");
    String architecture = (windows ? ON_WINDOWS : ON_LINUX).get(osArch);
    if (architecture == null || !(windows || system.equals("linux"))) {
      throw new CannotInstall(
          "restic has no release for " + osName + " on " + osArch + " that Holdfast knows",
          "Build or install restic yourself, and name it as restic.path in the configuration file.");
    }
    return new Platform(windows ? "windows" : "linux", architecture);
  }

  boolean isWindows() {
    return os.equals("windows");
  }
}
