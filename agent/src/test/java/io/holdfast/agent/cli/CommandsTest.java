package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CommandsTest {

  private static Map<String, CommandLine> of(String... args) {
    return Commands.of(args).getSubcommands();
  }

  @Test
  void every_command_is_called_what_it_says_of_itself() {
    Commands.all()
        .getSubcommands()
        .forEach((name, command) -> {
          String its =
              command.getCommand().getClass().getAnnotation(CommandLine.Command.class).name();
          assertThat(name).isEqualTo(its);
          assertThat(command.getCommandName()).isEqualTo(its);
        });
  }

  @Test
  void only_the_command_that_is_asked_for_is_described() {
    assertThat(of("status", "--json")).containsOnlyKeys("status");
  }

  @Test
  void a_command_alone_is_the_same_as_among_all() {
    String alone = usage(Commands.of(new String[] {"runs"}));
    String among = usage(Commands.all());
    assertThat(alone).isEqualTo(among).contains("holdfast runs");
  }

  private static String usage(CommandLine program) {
    StringWriter out = new StringWriter();
    program.setOut(new PrintWriter(out)).execute("runs", "--help");
    return out.toString();
  }

  @Test
  void help_completion_and_words_that_are_no_command_know_all_commands() {
    assertThat(of()).containsKeys("status", "help", "generate-completion");
    assertThat(of("--help")).hasSameSizeAs(of());
    assertThat(of("help", "status")).hasSameSizeAs(of());
    assertThat(of("stauts")).hasSameSizeAs(of());
  }
}
