package io.holdfast.agent.restic;

import io.holdfast.agent.text.Bounded;
import io.holdfast.agent.text.Visible;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds restic and asks for its version. */
public final class ResticFinder {

  /** Bytes of what a program answers that is no restic. */
  private static final int LONGEST_ANSWER = 200;

  private static final Duration VERSION_LIMIT = Duration.ofSeconds(30);

  private ResticFinder() {}

  /**
   * @param configured the path in the configuration file; if it is there nothing else is tried
   * @param searchPath the variable PATH
   * @throws ResticUnavailable if there is none, or if it cannot be used
   */
  public static ResticBinary find(Optional<Path> configured, Optional<String> searchPath)
      throws ResticUnavailable {
    return find(configured, searchPath, VERSION_LIMIT);
  }

  /**
   * @throws ResticUnavailable if there is none in any of these places, or if it cannot be used
   */
  public static ResticBinary find(ResticPlaces places) throws ResticUnavailable {
    return at(places.locate().path());
  }

  static ResticBinary find(
      Optional<Path> configured, Optional<String> searchPath, Duration versionLimit)
      throws ResticUnavailable {
    return at(
        new ResticPlaces(configured, Optional.empty(), searchPath).locate().path(), versionLimit);
  }

  /**
   * Asks this file for its version.
   *
   * @throws ResticUnavailable if it cannot be used
   */
  public static ResticBinary at(Path path) throws ResticUnavailable {
    return at(path, VERSION_LIMIT);
  }

  private static ResticBinary at(Path path, Duration versionLimit) throws ResticUnavailable {
    ResticVersion version = version(path, versionLimit);
    if (version.tier() == ResticVersion.Tier.UNSUPPORTED) {
      throw new ResticUnavailable(
          "restic-too-old",
          path + " is restic " + version + ", and 0.14 is the oldest that can be used",
          ResticPlaces.INSTALL);
    }
    return new ResticBinary(path, version);
  }

  /** Windows starts hardly anything without it. */
  private static Map<String, String> systemRoot() {
    String root = System.getenv("SystemRoot");
    return root == null ? Map.of() : Map.of("SystemRoot", root);
  }

  private static ResticVersion version(Path path, Duration limit) throws ResticUnavailable {
    BoundedText said = new BoundedText(1024, 1024);
    BoundedText complained = new BoundedText(1024, 1024);
    try {
      ResticProcess.Ended ended =
          new ResticProcess(
                  List.of(path.toString(), "version"),
                  systemRoot(),
                  StopReason.after(limit),
                  Duration.ofSeconds(2))
              .run(said::add, complained::add);
      Optional<ResticVersion> version = ResticVersion.parse(said.text());
      if (ended.interrupted()) {
        Thread.currentThread().interrupt();
        throw unusable(path, "the agent was stopped while it asked for its version");
      }
      if (ended.stoppedBy().isPresent()) {
        throw unusable(path, "'restic version' did not end within " + limit.toSeconds() + " s");
      }
      if (ended.exitCode() == 0 && version.isPresent()) {
        return version.get();
      }
    } catch (IOException e) {
      throw unusable(path, String.valueOf(e.getMessage()));
    }
    throw unusable(
        path,
        "'restic version' did not answer with a version, but "
            + answer(said.text().isBlank() ? complained.text() : said.text()));
  }

  /** Its first line: a banner, a script's complaint, the version of something else. */
  private static String answer(String text) {
    return text.lines()
        .filter(line -> !line.isBlank())
        .findFirst()
        .map(line -> "with: " + Bounded.to(LONGEST_ANSWER, Visible.of(line.strip())))
        .orElse("with nothing");
  }

  private static ResticUnavailable unusable(Path path, String why) {
    return new ResticUnavailable(
        "restic-unusable", path + " cannot be used as restic: " + why, ResticPlaces.INSTALL);
  }
}
