package io.holdfast.agent.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.architecture.Page.Block;
import io.holdfast.agent.architecture.Page.Line;
import io.holdfast.agent.cli.Commands;
import io.holdfast.agent.config.DatabaseUrl;
import io.holdfast.agent.config.Environment;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.config.LocalConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * What the documentation names is there: the targets of its links, files of the checkout, commands
 * and options. Its SQL is tried by {@link DocsIT}.
 */
class DocsTest {

  private static final Pattern SCHEME = Pattern.compile("^[a-z]+:.*");
  private static final Pattern OUR_PATH =
      Pattern.compile(
          "(?<![\\w/.-])(?:packaging|docs|agent|migrations|\\.ci)/[\\w./-]*[\\w/](?![\\w*/-])");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]+");
  private static final Pattern QUOTED_COMMAND = Pattern.compile("'(holdfast [^']+)'");

  private static final Pattern DATABASE_URL =
      Pattern.compile("(jdbc:)?postgresql://[\\w@.:,]+/[\\w?=&./-]+");
  private static final Pattern FOREIGN_PROGRAM = Pattern.compile("(^|[^-\\w])(psql|pg_dump) ");

  private static final List<Page> PAGES = Page.all();
  private static final CommandLine HOLDFAST = Commands.all();

  @Test
  void every_link_leads_somewhere() {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Page page : PAGES) {
      for (Line link : page.links()) {
        if (!SCHEME.matcher(link.text()).matches()) {
          links++;
          if (!leadsSomewhere(page, link.text())) {
            broken.add(page.at(link.number()) + " links to " + link.text());
          }
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(links).as("links that were found").isGreaterThan(60);
  }

  private static boolean leadsSomewhere(Page page, String link) {
    String[] parts = link.split("#", 2);
    Path target =
        parts[0].isEmpty()
            ? page.path()
            : Path.of(".").resolve(page.path()).resolveSibling(parts[0]).normalize();
    if (!Files.exists(Page.ROOT.resolve(target))) {
      return false;
    }
    return parts.length == 1 || Page.read(target).anchors().contains(parts[1]);
  }

  @Test
  void every_file_of_the_checkout_that_is_named_is_there() {
    Set<String> missing = new TreeSet<>();
    int named = 0;
    for (Page page : PAGES) {
      for (Line text : texts(page)) {
        for (var path : OUR_PATH.matcher(text.text()).results().toList()) {
          named++;
          if (!isThere(path.group())) {
            missing.add(page.at(text.number()) + " names " + path.group());
          }
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(named).as("paths that were found").isGreaterThan(30);
  }

  /** What the build makes is there only after it. */
  private static boolean isThere(String path) {
    return path.contains("/target/") || Files.exists(Page.ROOT.resolve(path));
  }

  private static List<Line> texts(Page page) {
    return Stream.concat(
            page.prose().stream(),
            page.blocks().stream().map(block -> new Line(block.number(), block.text())))
        .toList();
  }

  @Test
  void every_command_in_a_block_is_one_that_the_program_takes() {
    List<String> refused = new ArrayList<>();
    int commands = 0;
    for (Page page : PAGES) {
      for (Block block : shell(page)) {
        for (List<String> arguments : ShellBlock.of(block.text()).argumentsOf("holdfast")) {
          commands++;
          try {
            HOLDFAST.parseArgs(arguments.toArray(String[]::new));
          } catch (ParameterException e) {
            refused.add(page.at(block.number()) + " " + arguments + ": " + e.getMessage());
          }
        }
      }
    }
    assertThat(refused).isEmpty();
    assertThat(commands).as("commands that were found").isGreaterThan(20);
  }

  private static List<Block> shell(Page page) {
    return Stream.of("sh", "powershell").flatMap(l -> page.blocks(l).stream()).toList();
  }

  @Test
  void every_command_in_the_prose_and_each_of_its_options_is_there() {
    List<String> unknown = new ArrayList<>();
    int commands = 0;
    for (Page page : PAGES) {
      for (Line line : quotedCommands(page)) {
        List<String> words = List.of(line.text().split("\\s+"));
        if (words.size() > 1 && words.get(1).matches("[a-z-]+")) {
          commands++;
          complaint(words.subList(1, words.size()))
              .forEach(what -> unknown.add(page.at(line.number()) + ": " + what));
        }
      }
    }
    assertThat(unknown).isEmpty();
    assertThat(commands).as("commands that were found").isGreaterThan(50);
  }

  private static List<Line> quotedCommands(Page page) {
    List<Line> commands = new ArrayList<>();
    page.spans().stream().filter(s -> s.text().startsWith("holdfast ")).forEach(commands::add);
    for (Line text : texts(page)) {
      QUOTED_COMMAND
          .matcher(text.text())
          .results()
          .forEach(quoted -> commands.add(new Line(text.number(), quoted.group(1))));
    }
    return commands;
  }

  private static List<String> complaint(List<String> words) {
    CommandLine command = HOLDFAST;
    for (String word : words) {
      CommandLine below = command.getSubcommands().get(word);
      if (below != null) {
        command = below;
      } else if (command.getParent() == null) {
        return List.of("there is no command " + word);
      }
    }
    Set<String> options = new TreeSet<>();
    command.getCommandSpec().options().forEach(option -> options.addAll(List.of(option.names())));
    String name = command.getCommandSpec().qualifiedName();
    return words.stream()
        .flatMap(word -> OPTION.matcher(word).results())
        .map(option -> option.group())
        .filter(option -> !options.contains(option))
        .map(option -> name + " has no option " + option)
        .toList();
  }

  @Test
  void every_command_of_the_program_is_in_the_page_of_the_commands() {
    Page page = Page.read(Path.of("docs/cli.md"));
    List<String> spans = page.spans().stream().map(Line::text).toList();
    List<String> missing = new ArrayList<>(HOLDFAST.getSubcommands().keySet());
    missing.removeIf(command ->
        spans.stream().anyMatch(span -> span.matches("(holdfast )?" + command + "\\b.*")));
    assertThat(missing).as("commands that docs/cli.md does not name").containsOnly("help");
  }

  /** What people type into a search box. Somebody who finds none of it gives up. */
  private static final List<String> SEARCHED_FOR =
      List.of(
          // being told
          "monitoring",
          "alert",
          "mail",
          "webhook",
          "Prometheus",
          "Nagios",
          "healthchecks",
          "Grafana",
          "dashboard",
          "web UI",
          // dumps
          "hook",
          "pre-backup",
          "mysqldump",
          "pg_dump",
          "stdin",
          "database dump",
          // the storage
          "ssh key",
          "known_hosts",
          "sftp",
          "rest-server",
          "append-only",
          "S3",
          "quota",
          "size of the repository",
          "growth",
          "bandwidth",
          "limit-upload",
          "mount",
          "browse",
          "restic by hand",
          "holdfast restic exec",
          "restic init",
          // the database
          "TLS",
          "certificate",
          "pg_hba",
          "firewall",
          "PgBouncer",
          // when something does not work
          "troubleshooting",
          "FAQ",
          "journalctl -u holdfast",
          "glossary",
          "housekeeper",
          "spool",
          "outcome",
          "provisional",
          // machines and jobs
          "rename",
          "move a job",
          "decommission",
          "delete",
          "retire",
          "template",
          "FROM devices",
          "exclude_patterns",
          "exclude file",
          "backup window",
          "blackout",
          // coming from elsewhere
          "existing repository",
          "import",
          "borg",
          "Backrest",
          "crontab",
          "resticprofile",
          "relica",
          // versions and rights
          "upgrade",
          "downgrade",
          "apt repository",
          "sudo",
          "without root",
          "non-root");

  @Test
  void what_people_search_for_is_found() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Page page : PAGES) {
      all.append(Files.readString(Page.ROOT.resolve(page.path())));
    }
    String text = all.toString().toLowerCase(Locale.ROOT);
    assertThat(SEARCHED_FOR)
        .allSatisfy(
            word -> assertThat(text.contains(word.toLowerCase(Locale.ROOT))).as(word).isTrue());
  }

  /** A page that nothing leads to from the README is not found by reading. */
  @Test
  void every_page_is_linked_from_the_readme() {
    List<String> linked =
        Page.read(Path.of("README.md")).links().stream()
            .map(link -> link.text().replaceFirst("#.*", ""))
            .toList();
    assertThat(
            PAGES.stream().map(page -> page.path().toString()).filter(p -> !p.equals("README.md")))
        .allSatisfy(page -> assertThat(linked).contains(page));
  }

  /**
   * PostgreSQL's own programs demand nothing by themselves; ours demand it unless told otherwise.
   */
  @Test
  void every_url_of_a_database_has_the_server_prove_itself() throws Exception {
    List<String> weak = new ArrayList<>();
    int urls = 0;
    for (Page page : PAGES) {
      for (Line text : texts(page)) {
        for (String line : text.text().lines().toList()) {
          for (var found : DATABASE_URL.matcher(line).results().toList()) {
            urls++;
            String url = found.group().replaceFirst("[.,]$", "");
            boolean ours = !FOREIGN_PROGRAM.matcher(line).find();
            if (DatabaseUrl.parse(url).gap().isPresent()
                || !(ours || url.contains("sslmode=verify-full"))) {
              weak.add(page.at(text.number()) + ": " + url);
            }
          }
        }
      }
    }
    assertThat(weak).isEmpty();
    assertThat(urls).as("URLs that were found").isGreaterThan(12);
  }

  @Test
  void every_option_of_a_script_is_one_that_the_script_knows() throws IOException {
    List<String> unknown = new ArrayList<>();
    int options = 0;
    for (Page page : PAGES) {
      List<Line> uses = new ArrayList<>(page.spans());
      page.blocks("sh")
          .forEach(
              block -> block.text().lines().forEach(l -> uses.add(new Line(block.number(), l))));
      for (Line use : uses) {
        List<String> words = List.of(use.text().replaceFirst("\\s#.*", "").split("[\\s\\[\\]]+"));
        // First by its name: what is no path may hold letters that the locale's file names cannot.
        if (words.getFirst().startsWith("packaging/")
            && Files.isRegularFile(Page.ROOT.resolve(words.getFirst()))) {
          String source = Files.readString(Page.ROOT.resolve(words.getFirst()));
          for (String option : words.stream().filter(word -> word.startsWith("--")).toList()) {
            options++;
            if (!source.contains(option)) {
              unknown.add(page.at(use.number()) + ": " + words.getFirst() + " knows no " + option);
            }
          }
        }
      }
    }
    assertThat(unknown).isEmpty();
    assertThat(options).as("options that were found").isGreaterThan(4);
  }

  @Test
  void the_example_of_a_configuration_is_one(@TempDir Path directory) throws Exception {
    List<Block> examples = Page.read(Path.of("docs/configuration.md")).blocks("yaml");
    assertThat(examples).hasSize(1);
    for (String password : List.of("database-password", "dumper-password")) {
      Path file = Files.writeString(directory.resolve(password), "secret");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    Path file =
        Files.writeString(
            directory.resolve("holdfast.yaml"),
            examples.getFirst().text().replace("/etc/holdfast/", directory + "/"));
    LocalConfig config =
        LocalConfigFile.load(file, new Environment(Map.of(), directory, "me", false, false));
    assertThat(config.deviceId()).isEqualTo("web-01");
  }
}
