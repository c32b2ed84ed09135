package io.holdfast.agent.dump;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Programs in the PATH. */
final class Executables {

  private Executables() {}

  static boolean isOne(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  /** The first of that name, also as Windows calls it. */
  static Optional<Path> inPath(String name, String searchPath) {
    return Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(searchPath)
        .filter(directory -> !directory.isBlank())
        .flatMap(directory -> Stream.of(name, name + ".exe").flatMap(file -> path(directory, file)))
        .filter(Executables::isOne)
        .findFirst();
  }

  /** Nothing for an entry that is no path. */
  private static Stream<Path> path(String directory, String file) {
    try {
      return Stream.of(Path.of(directory).resolve(file));
    } catch (InvalidPathException e) {
      return Stream.empty();
    }
  }
}
