package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A command at a terminal, which util-linux's script makes for it, and somebody who types there.
 */
public final class Terminal implements AutoCloseable {

  private final Path shown;
  private final Process script;

  /**
   * Starts the command.
   *
   * @param shown a file for all that the terminal shows
   */
  public Terminal(Path shown, Map<String, String> environment, List<String> command)
      throws IOException {
    this.shown = shown;
    String line =
        command.stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder(
                "script", "--quiet", "--flush", "--return", "--command", line, "/dev/null")
            .redirectErrorStream(true)
            .redirectOutput(shown.toFile());
    builder.environment().putAll(environment);
    script = builder.start();
  }

  /** All that it has shown so far. */
  public String shown() throws IOException {
    return Files.readString(shown);
  }

  /** Waits until it shows this, and then types a line. */
  public void answer(String prompt, String line) throws IOException {
    eventually()
        .until(() -> {
          if (!script.isAlive() && !shown().contains(prompt)) {
            throw new AssertionError("it has ended and never asked: " + shown());
          }
          return shown().contains(prompt);
        });
    OutputStream keys = script.getOutputStream();
    keys.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    keys.flush();
  }

  /** Waits for the command's end, and returns its exit code. */
  public int end() throws InterruptedException {
    if (!script.waitFor(8, TimeUnit.MINUTES)) {
      throw new AssertionError("the command at the terminal did not end");
    }
    return script.exitValue();
  }

  @Override
  public void close() {
    script.descendants().forEach(ProcessHandle::destroy);
    script.destroy();
  }
}
