package io.holdfast.agent.cli;

import io.holdfast.agent.text.Nearest;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What a person reads who has mistyped something: one sentence, and where to read on. The whole
 * usage would carry the sentence off the screen.
 */
final class WrongCommandLine {

  /** Nobody who mistypes another word is shown the way to these. */
  private static final Set<String> REMOVING = Set.of("forget", "housekeep");

  private WrongCommandLine() {}

  static int handle(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("holdfast: " + Visible.of(sentence(wrong)));
    err.println("          See '" + command.getCommandSpec().qualifiedName(" ") + " --help'.");
    err.flush();
    return ExitCode.USAGE;
  }

  private static String sentence(ParameterException wrong) {
    if (!(wrong instanceof UnmatchedArgumentException unmatched)) {
      return String.valueOf(wrong.getMessage()).lines().findFirst().orElse("it cannot be read");
    }
    String typed = unmatched.getUnmatched().getFirst();
    CommandSpec spec = wrong.getCommandLine().getCommandSpec();
    if (typed.startsWith("-")) {
      return "there is no option " + typed + " here" + nearest(typed, options(spec));
    }
    return spec.subcommands().isEmpty()
        ? "\"" + typed + "\" is one argument too many"
        : "there is no command \"" + typed + "\"" + nearest(typed, commands(spec));
  }

  private static String nearest(String typed, List<String> known) {
    return Nearest.to(typed, known).map(word -> "; did you mean " + word + "?").orElse("");
  }

  private static List<String> options(CommandSpec spec) {
    return spec.options().stream().flatMap(option -> Stream.of(option.names())).toList();
  }

  private static List<String> commands(CommandSpec spec) {
    return spec.subcommands().keySet().stream()
        .filter(name -> !REMOVING.contains(name))
        .collect(Collectors.toList());
  }
}
