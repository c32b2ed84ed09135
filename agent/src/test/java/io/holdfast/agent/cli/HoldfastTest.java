package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.util.DefaultLocale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HoldfastTest {

  @TempDir private Path directory;

  /** Neither alone nor behind the end of options, and whether there is such a file or not. */
  @ParameterizedTest
  @ValueSource(strings = {"@home", "@%s", "@@x"})
  void an_argument_that_begins_with_an_at_sign_is_taken_as_it_is_typed(String form)
      throws IOException {
    String argument = form.formatted(Files.writeString(directory.resolve("arguments"), "--help"));
    for (String[] typed :
        new String[][] {
          {"backup", argument}, {"backup", "--", argument}, {"restore", argument, "--to=/x"}
        }) {
      CommandLine.ParseResult parsed = Commands.of(typed).parseArgs(typed).subcommand();
      assertThat(parsed.matchedPositionals())
          .first()
          .satisfies(name -> assertThat(name.originalStringValues()).containsExactly(argument));
      assertThat(parsed.isUsageHelpRequested()).isFalse();
    }
  }

  @Test
  @DefaultLocale("tr-TR")
  void the_program_reads_and_writes_alike_whatever_the_locale_of_the_machine() {
    PrintStream console = System.out;
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    System.setOut(new PrintStream(shown, true, StandardCharsets.UTF_8));
    try {
      Holdfast.main(new String[] {"--version"});
    } finally {
      System.setOut(console);
    }
    assertThat(shown.toString(StandardCharsets.UTF_8)).startsWith("holdfast ");
    assertThat(Locale.getDefault()).isEqualTo(Locale.ROOT);
  }
}
