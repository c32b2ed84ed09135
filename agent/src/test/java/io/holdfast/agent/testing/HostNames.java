package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Names by which the packaged program finds this machine's loopback address and takes it for
 * another machine: Java reads them from a file of the test's own.
 */
public final class HostNames {

  /** The variable that the launcher hands to Java. */
  public static final String VARIABLE = "HOLDFAST_JAVA_OPTIONS";

  private HostNames() {}

  /**
   * @return what the variable must be
   */
  public static String of(Path directory, String... names) throws IOException {
    List<String> lines =
        Stream.concat(Stream.of("localhost"), Stream.of(names))
            .map(name -> "127.0.0.1 " + name)
            .toList();
    Path file = Files.write(directory.resolve("hosts"), lines);
    return "-Djdk.net.hosts.file=" + file;
  }
}
