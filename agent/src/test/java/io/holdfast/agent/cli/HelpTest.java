package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/** What the commands say of themselves, and to whoever mistypes one: all of them, by their list. */
class HelpTest {

  private static final Pattern WORD = Pattern.compile("'([^']*)'|\\S+");

  /** Every command, with the commands below it. */
  static Stream<CommandSpec> commands() {
    return below(Commands.all());
  }

  private static Stream<CommandSpec> below(CommandLine command) {
    return Stream.concat(
        Stream.of(command.getCommandSpec()),
        command.getSubcommands().values().stream().flatMap(HelpTest::below));
  }

  private static boolean isHelp(CommandSpec spec) {
    return spec.name().equals("help");
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    for (Matcher word = WORD.matcher(line); word.find(); ) {
      words.add(word.group(1) == null ? word.group() : word.group(1));
    }
    return words;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void every_command_has_an_example_that_it_takes(CommandSpec spec) {
    if (isHelp(spec)) {
      return;
    }
    String[] examples = spec.usageMessage().footer();
    assertThat(examples).as(spec.qualifiedName()).isNotEmpty();
    for (String example : examples) {
      assertThat(example).contains(spec.qualifiedName());
      List<String> words = words(example.strip());
      if (words.getFirst().equals("holdfast")) {
        assertThatCode(
                () -> Commands.all().parseArgs(words.stream().skip(1).toArray(String[]::new)))
            .as(example)
            .doesNotThrowAnyException();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void no_word_of_the_help_is_broken_in_the_middle(CommandSpec spec) {
    StringWriter help = new StringWriter();
    spec.commandLine().usage(new PrintWriter(help), Ansi.OFF);
    List<String> shown = List.of(help.toString().split("\\s+", -1));
    Stream.concat(
            Arrays.stream(spec.usageMessage().description()),
            Stream.concat(spec.options().stream(), spec.positionalParameters().stream())
                .filter(argument -> !argument.hidden())
                .flatMap(argument -> Arrays.stream(argument.description())))
        .flatMap(text -> Stream.of(text.replace("%%", "%").split("\\s+", -1)))
        .filter(word -> word.matches(".*\\w[./]\\w.*") && !word.contains("${"))
        .forEach(word -> assertThat(shown).as(spec.qualifiedName()).contains(word));
  }

  private static String said(int exitCode, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine program =
        Commands.of(arguments)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    assertThat(program.execute(arguments)).isEqualTo(exitCode);
    assertThat(out.toString()).isEmpty();
    return err.toString();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void a_wrong_option_is_answered_in_two_lines_that_name_the_commands_help(CommandSpec spec) {
    if (isHelp(spec)) {
      return;
    }
    List<String> arguments =
        new ArrayList<>(List.of(spec.qualifiedName().split(" ", -1)).subList(1, depth(spec)));
    arguments.add("--no-such-option");
    String said = said(ExitCode.USAGE, arguments.toArray(String[]::new));
    assertThat(said.lines()).as(spec.qualifiedName()).hasSize(2);
    assertThat(said)
        .startsWith("holdfast: ")
        .endsWith("See '" + spec.qualifiedName() + " --help'." + System.lineSeparator());
  }

  private static int depth(CommandSpec spec) {
    return spec.qualifiedName().split(" ", -1).length;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bakup|there is no command \"bakup\"; did you mean backup?",
        "foo|there is no command \"foo\"",
        "forgett|there is no command \"forgett\"",
        "housekep|there is no command \"housekep\"",
        "''|say what to do, such as status",
        "runs --lats 5|there is no option --lats here; did you mean --last?",
        "runs a b|\"b\" is one argument too many",
        "runs --last x|is not an int",
        "backup|Missing required parameter: 'JOB'",
        "restore www --overwrite sometimes|\"sometimes\" is none of always, if-changed, if-newer, never",
        "restic|say what to do: show, install, exec, env",
        "housekeep check --parts 3|--parts goes with check-data alone",
        "housekeep check-data --parts 0|--parts takes a number from 1 to 1000, not 0",
      })
  void a_slip_of_the_hand_is_named_and_never_led_to_what_removes(String typed, String sentence) {
    String said = said(ExitCode.USAGE, words(typed).toArray(String[]::new));
    assertThat(said.lines()).hasSizeLessThanOrEqualTo(2);
    assertThat(said).contains(sentence);
    assertThat(said.lines().findFirst().orElseThrow())
        .doesNotContain("mean forget", "mean housekeep");
  }

  @Test
  void arguments_of_restic_are_its_own() {
    CommandLine.ParseResult parsed =
        Commands.of(new String[] {"restic"})
            .parseArgs("restic", "exec", "-c", "/x.yaml", "snapshots", "--json", "-c", "--help");
    assertThat(parsed.subcommand().subcommand().matchedPositionalValue(0, List.<String>of()))
        .containsExactly("snapshots", "--json", "-c", "--help");
  }
}
