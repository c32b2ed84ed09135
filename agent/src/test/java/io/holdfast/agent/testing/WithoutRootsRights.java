package io.holdfast.agent.testing;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Commands that file permissions hold for, whoever runs the tests: as root a command gives up
 * root's right to read and write everything.
 */
public final class WithoutRootsRights {

  /** The beginning of a command that root runs. */
  static final List<String> SETPRIV =
      List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--");

  private WithoutRootsRights() {}

  /** A command that runs the main method of a class on the class path of the tests. */
  public static List<String> java(Class<?> main, String... arguments) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return Stream.of(
            Account.isRoot() ? SETPRIV : List.<String>of(),
            List.of(java, "-cp", System.getProperty("java.class.path"), main.getName()),
            List.of(arguments))
        .flatMap(List::stream)
        .toList();
  }
}
