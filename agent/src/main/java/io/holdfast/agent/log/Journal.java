package io.holdfast.agent.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The journal of systemd. */
public final class Journal {

  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  private Journal() {}

  /**
   * Whether standard error is the journal. JOURNAL_STREAM names the stream that was; a child, or a
   * unit that logs to a file, inherits the variable and writes to something else.
   */
  public static boolean hears(Map<String, String> variables) {
    String stream = variables.get("JOURNAL_STREAM");
    if (stream == null) {
      return false;
    }
    try {
      Map<String, Object> attributes = Files.readAttributes(STANDARD_ERROR, "unix:dev,ino");
      return stream.equals(attributes.get("dev") + ":" + attributes.get("ino"));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}
