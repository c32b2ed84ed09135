package io.holdfast.agent.restic;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where restic is looked for, the first place first.
 *
 * @param configured the path in the configuration file; if it is there nothing else is tried
 * @param kept the directory where 'holdfast restic install' keeps one
 * @param searchPath the variable PATH
 */
public record ResticPlaces(
    Optional<Path> configured, Optional<Path> kept, Optional<String> searchPath) {

  static final String INSTALL =
      "Run 'holdfast restic install', or install restic 0.18 or newer yourself (Debian: apt install restic), or"
          + " name it as restic.path in the configuration file.";

  private static final List<String> NAMES = List.of("restic", "restic.exe");

  /** How a restic came to be used. */
  public enum Origin {
    CONFIGURED,
    INSTALLED,
    SEARCH_PATH
  }

  /** A file that is to be asked for its version. */
  public record Located(Path path, Origin origin) {}

  /** The places of an agent with this configuration. */
  public static ResticPlaces of(
      Optional<Path> configured, Path stateDirectory, Map<String, String> variables) {
    return new ResticPlaces(
        configured,
        Optional.of(keptIn(stateDirectory)),
        Optional.ofNullable(variables.get("PATH")));
  }

  /** Where a restic of our own is kept. */
  public static Path keptIn(Path stateDirectory) {
    return stateDirectory.resolve("lib");
  }

  /**
   * Looks at files only, and starts nothing.
   *
   * @throws ResticUnavailable if there is none
   */
  public Located locate() throws ResticUnavailable {
    if (configured.isPresent()) {
      return new Located(existing(configured.get()), Origin.CONFIGURED);
    }
    return Stream.concat(
            in(kept.stream(), Origin.INSTALLED), in(searchedDirectories(), Origin.SEARCH_PATH))
        .filter(located -> executable(located.path()))
        .findFirst()
        .orElseThrow(() ->
            new ResticUnavailable(
                "restic-missing", "restic is not in the PATH of the agent", INSTALL));
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

  private static Stream<Located> in(Stream<Path> directories, Origin origin) {
    return directories.flatMap(
        directory -> NAMES.stream().map(name -> new Located(directory.resolve(name), origin)));
  }

  private Stream<Path> searchedDirectories() {
    return Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(searchPath.orElse(""))
        .filter(directory -> !directory.isBlank())
        .flatMap(ResticPlaces::path);
  }

  /** Nothing for an entry that is no path: the variable is full of surprises on Windows. */
  private static Stream<Path> path(String directory) {
    try {
      return Stream.of(Path.of(directory));
    } catch (InvalidPathException e) {
      return Stream.empty();
    }
  }
}
