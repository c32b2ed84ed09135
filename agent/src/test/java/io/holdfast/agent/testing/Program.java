package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program run to its end, its output in files so that no pipe can fill up. */
public final class Program {

  /** How it ended. */
  public record Result(int exitCode, String out, String err) {
    /** Both outputs, for a search in either. */
    public String all() {
      return out + err;
    }
  }

  /** The packaged program, as a command line begins with it. */
  public static final String HOLDFAST =
      Path.of("target/holdfast/bin/holdfast").toAbsolutePath().toString();

  private Program() {}

  public static Result run(Map<String, String> environment, List<String> command) {
    try {
      Path out = Files.createTempFile("out", "");
      Path err = Files.createTempFile("err", "");
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.redirectInput(Path.of("/dev/null").toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("did not end: " + command);
      }
      Result result = new Result(process.exitValue(), Files.readString(out), Files.readString(err));
      Files.delete(out);
      Files.delete(err);
      return result;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("could not be run: " + command, e);
    }
  }

  /** Runs a program that must succeed. */
  public static Result mustRun(List<String> command) {
    Result result = run(Map.of(), command);
    if (result.exitCode() != 0) {
      throw new AssertionError(command + " failed: " + result.all());
    }
    return result;
  }
}
