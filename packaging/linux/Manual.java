import io.holdfast.agent.cli.Commands;
import io.holdfast.agent.cli.Completion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Writes the manual pages, a page for each command, and the shells' completion, from what the
 * commands say of themselves. For the build alone, so that nothing of it is in the runtime:
 * java -cp 'lib/*' Manual.java DIRECTORY DATE VERSION docs/configuration.md
 */
public final class Manual {

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{[A-Za-z-]+}");

  private final String date;
  private final String version;

  private Manual(String date, String version) {
    this.date = date;
    this.version = version;
  }

  public static void main(String[] args) throws IOException {
    Path directory = Files.createDirectories(Path.of(args[0]));
    CommandLine program = Commands.all();
    Manual manual = new Manual(args[1], args[2]);
    manual.pages(directory, program);
    Files.writeString(directory.resolve("holdfast.yaml.5"), manual.configuration(Path.of(args[3])));
    Files.writeString(
        directory.resolve("holdfast.bash"), Completion.script(program));
  }

  private void pages(Path directory, CommandLine command) throws IOException {
    CommandSpec spec = command.getCommandSpec();
    Files.writeString(directory.resolve(name(spec) + ".1"), page(command));
    for (CommandLine sub : command.getSubcommands().values()) {
      pages(directory, sub);
    }
  }

  private static String name(CommandSpec spec) {
    return spec.qualifiedName("-");
  }

  private String page(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    StringBuilder page = new StringBuilder(".\\\" Generated from the program's own help.\n");
    page.append(heading(name(spec).toUpperCase(java.util.Locale.ROOT), 1));
    List<String> description = texts(spec.usageMessage().description());
    section(page, "NAME", roff(name(spec)) + " \\- " + roff(summary(description)));
    section(page, "SYNOPSIS", synopsis(spec));
    section(page, "DESCRIPTION", paragraphs(description));
    section(page, "ARGUMENTS", arguments(spec.positionalParameters()));
    section(page, "OPTIONS", options(spec.options()));
    section(page, "COMMANDS", commands(command.getSubcommands()));
    section(page, "EXAMPLES", examples(spec));
    section(page, "EXIT STATUS", exitCodes(spec));
    section(page, "FILES", files());
    section(page, "SEE ALSO", seeAlso(spec));
    return page.toString();
  }

  private String heading(String title, int section) {
    // The whole version would run into the date.
    return ".TH \"%s\" %d \"%s\" \"holdfast %s\" \"Holdfast\"\n"
        .formatted(roff(title), section, date, roff(version.replaceFirst("[~+].*", "")));
  }

  /** The example of the page for people has every key, each with what it means. */
  private String configuration(Path markdown) throws IOException {
    String text = Files.readString(markdown);
    int begin = text.indexOf("```yaml\n") + "```yaml\n".length();
    String example = text.substring(begin, text.indexOf("```", begin)).strip();
    StringBuilder page = new StringBuilder(".\\\" Generated from docs/configuration.md.\n");
    page.append(heading("HOLDFAST.YAML", 5));
    section(page, "NAME", "holdfast.yaml \\- the configuration of this machine's agent");
    section(
        page,
        "DESCRIPTION",
        roff(
            "Says who this machine is, where its control plane is, and what rows of the control plane may"
                + " make it do. 'holdfast register' writes it; what to back up is in the control plane. All"
                + " that is wrong in it is told at once, by 'holdfast doctor' as well."));
    section(
        page,
        "EXAMPLE",
        ".nf\n" + example.lines().map(Manual::roff).collect(Collectors.joining("\n")) + "\n.fi");
    section(page, "FILES", files());
    section(page, "SEE ALSO", ".BR holdfast (1),\n/usr/share/doc/holdfast/docs/configuration.md");
    return page.toString();
  }

  private static void section(StringBuilder page, String heading, String text) {
    if (!text.isBlank()) {
      page.append(".SH ").append(heading).append('\n').append(text.strip()).append('\n');
    }
  }

  private static String summary(List<String> description) {
    String first = description.isEmpty() ? "a command of holdfast" : description.getFirst().strip();
    int end = first.indexOf(". ");
    return (end < 0 ? first : first.substring(0, end)).replaceFirst("[.:]$", "");
  }

  private static String synopsis(CommandSpec spec) {
    Help help = new Help(spec, Help.defaultColorScheme(Ansi.OFF));
    String line = help.synopsis(0).replaceAll("\\s+", " ").strip();
    return ".B " + roff(spec.qualifiedName(" ")) + "\n"
        + roff(line.substring(Math.min(line.length(), spec.qualifiedName(" ").length())).strip());
  }

  private static String arguments(List<PositionalParamSpec> parameters) {
    return parameters.stream()
        .filter(parameter -> !parameter.hidden())
        .map(parameter ->
            entry("\\fI" + roff(parameter.paramLabel()) + "\\fR", texts(parameter.description())))
        .collect(Collectors.joining());
  }

  private static String options(List<OptionSpec> options) {
    return options.stream()
        .filter(option -> !option.hidden())
        .map(option -> entry(heading(option), texts(option.description())))
        .collect(Collectors.joining());
  }

  private static String heading(OptionSpec option) {
    String names =
        java.util.Arrays.stream(option.names())
            .map(name -> "\\fB" + roff(name) + "\\fR")
            .collect(Collectors.joining(", "));
    return option.arity().max() == 0 ? names : names + " \\fI" + roff(option.paramLabel()) + "\\fR";
  }

  private static String commands(Map<String, CommandLine> commands) {
    StringBuilder text = new StringBuilder();
    commands.forEach((name, command) -> {
      CommandSpec spec = command.getCommandSpec();
      if (!spec.usageMessage().hidden()) {
        List<String> description = texts(spec.usageMessage().description());
        text.append(
            entry(
                "\\fB" + roff(name(spec)) + "\\fR(1)",
                description.isEmpty() ? List.of() : List.of(description.getFirst())));
      }
    });
    return text.toString();
  }

  private static String examples(CommandSpec spec) {
    List<String> lines = texts(spec.usageMessage().footer());
    return lines.isEmpty()
        ? ""
        : ".nf\n"
            + lines.stream().map(line -> roff(line.strip())).collect(Collectors.joining("\n"))
            + "\n.fi";
  }

  private static String exitCodes(CommandSpec spec) {
    StringBuilder text = new StringBuilder();
    spec.root()
        .usageMessage()
        .exitCodeList()
        .forEach((code, meaning) -> text.append(entry("\\fB" + code + "\\fR", List.of(meaning))));
    return text.toString();
  }

  private static String files() {
    return entry("/etc/holdfast/holdfast.yaml", List.of("who this machine is, and its database"))
        + entry("/var/lib/holdfast", List.of("the agent's state"))
        + entry("/usr/share/doc/holdfast", List.of("more of the documentation"));
  }

  private static String seeAlso(CommandSpec spec) {
    List<String> pages = new ArrayList<>();
    for (CommandSpec s = spec; s.parent() != null; s = s.parent()) {
      pages.add(".BR " + roff(name(s.parent())) + " (1)");
    }
    pages.add(".BR restic (1)");
    return String.join(",\n", pages);
  }

  private static String entry(String heading, Collection<String> texts) {
    return ".TP\n" + heading + "\n" + texts.stream().map(Manual::roff).collect(Collectors.joining("\n.br\n"))
        + "\n";
  }

  private static String paragraphs(List<String> texts) {
    return texts.stream().map(Manual::roff).collect(Collectors.joining("\n.PP\n"));
  }

  /** As picocli would print them. */
  private static List<String> texts(String[] templates) {
    List<String> texts = new ArrayList<>();
    for (String template : templates) {
      String text = Ansi.OFF.string(template.replace("%n", " ").replace("%%", "%"));
      if (VARIABLE.matcher(text).find()) {
        throw new IllegalStateException("what stands for the variable in: " + text);
      }
      texts.add(text);
    }
    return texts;
  }

  private static String roff(String text) {
    String escaped = text.replace("\\", "\\e").replace("-", "\\-");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }
}
