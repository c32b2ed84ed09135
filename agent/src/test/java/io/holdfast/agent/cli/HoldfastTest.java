package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.util.DefaultLocale;

class HoldfastTest {

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
