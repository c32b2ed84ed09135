package io.holdfast.agent.restic;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds restic and asks for its version. */
public final class ResticFinder {

  private static final Duration VERSION_LIMIT = Duration.ofSeconds(30);
  private static final List<String> NAMES = List.of("restic", "restic.exe");
  private static final String INSTALL =
      "Install restic 0.18 or newer (Debian: apt install restic), or name it as restic.path in the configuration"
          + " file.";

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

  static ResticBinary find(
      Optional<Path> configured, Optional<String> searchPath, Duration versionLimit)
      throws ResticUnavailable {
    Path path =
        configured.isPresent()
            ? existing(configured.get())
            : candidates(searchPath.orElse(""))
                .filter(ResticFinder::executable)
                .findFirst()
                .orElseThrow(() ->
                    new ResticUnavailable(
                        "restic-missing", "restic is not in the PATH of the agent", INSTALL));
    ResticVersion version = version(path, versionLimit);
    if (version.tier() == ResticVersion.Tier.UNSUPPORTED) {
      throw new ResticUnavailable(
          "restic-too-old",
          path + " is restic " + version + ", and 0.14 is the oldest that can be used",
          INSTALL);
    }
    return new ResticBinary(path, version);
  }

  private static Path existing(Path configured) throws ResticUnavailable {
    if (!Files.exists(configured)) {
      throw new ResticUnavailable(
          "restic-missing", "restic.path names " + configured + ", which does not exist", INSTALL);
    }
    if (!executable(configured)) {
      throw new ResticUnavailable(
          "restic-unusable",
          "restic.path names " + configured + ", which is no file that the agent may execute",
          "Correct the path or its permissions.");
    }
    return configured;
  }

  private static boolean executable(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  private static Stream<Path> candidates(String searchPath) {
    return Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(searchPath)
        .filter(directory -> !directory.isBlank())
        .flatMap(directory -> NAMES.stream().flatMap(name -> path(directory, name)));
  }

  /** Nothing for an entry that is no path: the variable is full of surprises on Windows. */
  private static Stream<Path> path(String directory, String name) {
    try {
      return Stream.of(Path.of(directory).resolve(name));
    } catch (InvalidPathException e) {
      return Stream.empty();
    }
  }

  /** Windows starts hardly anything without it. */
  private static Map<String, String> systemRoot() {
    String root = System.getenv("SystemRoot");
    return root == null ? Map.of() : Map.of("SystemRoot", root);
  }

  private static ResticVersion version(Path path, Duration limit) throws ResticUnavailable {
    BoundedText said = new BoundedText(1024, 1024);
    try {
      ResticProcess.Ended ended =
          new ResticProcess(
                  List.of(path.toString(), "version"),
                  systemRoot(),
                  StopReason.after(limit),
                  Duration.ofSeconds(2))
              .run(said::add, _ -> {});
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
    throw unusable(path, "'restic version' did not answer with a version");
  }

  private static ResticUnavailable unusable(Path path, String why) {
    return new ResticUnavailable(
        "restic-unusable", path + " cannot be used as restic: " + why, INSTALL);
  }
}
