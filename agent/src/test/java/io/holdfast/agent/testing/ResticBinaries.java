package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * The real restics that tests run on: those that {@code HOLDFAST_TEST_RESTIC} lists, separated by
 * colons, else the one in the path. Without any the tests fail.
 */
public final class ResticBinaries {

  private ResticBinaries() {}

  public static Stream<Path> all() {
    String listed = System.getenv("HOLDFAST_TEST_RESTIC");
    List<Path> binaries =
        listed != null && !listed.isBlank()
            ? Stream.of(listed.split(":", -1)).map(Path::of).toList()
            : inPath();
    if (binaries.isEmpty() || !binaries.stream().allMatch(Files::isExecutable)) {
      throw new AssertionError(
          "no restic to test with: install one, or list some in HOLDFAST_TEST_RESTIC; looked at "
              + binaries);
    }
    return binaries.stream();
  }

  /** The current one; all of them with {@code -Dholdfast.restic.all=true}. */
  public static Stream<Path> currentOrAll() {
    return Boolean.getBoolean("holdfast.restic.all") ? all() : Stream.of(current());
  }

  /** The newest of them, by its place: the last. */
  public static Path current() {
    return all().reduce((_, last) -> last).orElseThrow();
  }

  private static List<Path> inPath() {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(directory -> Path.of(directory, "restic"))
        .filter(Files::isExecutable)
        .limit(1)
        .toList();
  }

  /**
   * The same restic without root's right to read everything, so that a file of mode 000 cannot be
   * read, whoever runs the tests.
   */
  public static Path bound(Path restic, Path directory) throws IOException {
    return script(
        directory.resolve("bound-restic"),
        """
        #!/bin/sh
        if [ "$(id -u)" = 0 ]; then
          exec %s '%s' "$@"
        fi
        exec '%s' "$@"
        """
            .formatted(String.join(" ", WithoutRootsRights.SETPRIV), restic, restic));
  }

  /** Writes an executable script. */
  public static Path script(Path file, String content) throws IOException {
    Files.writeString(file, content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }
}
