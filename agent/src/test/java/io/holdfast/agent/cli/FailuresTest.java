package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restore.CannotRestore;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What a person reads when something does not work. */
class FailuresTest {

  @Command
  private static final class Any {}

  @Test
  void what_somebody_has_put_into_a_repository_does_not_play_with_the_terminal() {
    StringWriter said = new StringWriter();
    CommandLine commandLine = new CommandLine(new Any()).setErr(new PrintWriter(said, true));
    int exitCode =
        Failures.handle(
            new CannotRestore(
                CannotRestore.Kind.REFUSED,
                "host \"\u001b]0;x\u0007\u2028\"",
                "It has: a\u001b[2Jb."),
            commandLine,
            commandLine.parseArgs());
    assertThat(exitCode).isEqualTo(ExitCode.JOB);
    assertThat(said.toString())
        .isEqualTo(
            "holdfast: host \"\\u001b]0;x\\u0007\\u2028\"\n          It has: a\\u001b[2Jb.\n");
  }
}
