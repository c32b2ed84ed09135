package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as admins know it from others. */
class CommandLineIT {

  @TempDir private Path directory;
  private Site site;
  private ControlPlane psql;
  private UUID www;

  @BeforeEach
  void back_up_one_job() throws Exception {
    site = new Site(directory, ResticBinaries.current());
    psql = site.controlPlane();
    www = psql.job(Site.DEVICE, "www", site.source("www", 3).toString());
    psql.job(Site.DEVICE, "never run", site.source("other", 1).toString());
    assertThat(site.holdfast("backup", "www").exitCode()).isZero();
  }

  @AfterEach
  void end() {
    site.close();
  }

  private static JsonNode json(Result result) throws Exception {
    return new ObjectMapper().readTree(result.out());
  }

  /** The device's login is closed: for this machine the database is away. */
  private void takeTheDatabaseAway() {
    psql.execute(
        "ALTER ROLE "
            + psql.row("SELECT role_name FROM holdfast.device_logins").get("role_name")
            + " NOLOGIN");
  }

  /** A daemon leaves its cache, as on every machine. */
  private void letADaemonSync() throws Exception {
    Process daemon = site.daemon();
    Site.eventually().until(() -> Files.exists(site.configCache()));
    Site.stop(daemon);
  }

  @Test
  void every_command_that_takes_a_job_answers_an_unknown_one_with_4_and_what_there_is() {
    for (String[] command :
        new String[][] {
          {"runs"},
          {"backup"},
          {"cancel"},
          {"prove"},
          {"forget"},
          {"forget", "--dry-run"},
          {"snapshots"},
          {"ls"},
          {"restore", "--to", directory.resolve("x").toString()},
          {"find", "x", "--job"}
        }) {
      List<String> line = new ArrayList<>(List.of(command));
      line.add("nosuch");
      Result result = site.holdfast(line.toArray(String[]::new));
      assertThat(result.exitCode()).as(line + result.all()).isEqualTo(4);
      assertThat(result.out()).isEmpty();
      assertThat(result.err()).as(line.toString()).contains("\"nosuch\"");
      if (command[0].equals("forget")) {
        assertThat(result.err()).contains("'holdfast jobs' lists those of this device.");
      } else if (!command[0].equals("cancel")) {
        assertThat(result.err()).as(line.toString()).contains("never run", "www");
      }
    }
    assertThat(site.holdfast("runs", "never run"))
        .satisfies(known -> assertThat(known.exitCode()).isZero())
        .satisfies(known -> assertThat(known.out()).contains("no runs yet"));
  }

  @Test
  void with_the_database_away_jobs_and_runs_are_told_by_what_the_machine_knows() throws Exception {
    letADaemonSync();
    psql.execute("UPDATE devices SET name = 'renamed since'");
    takeTheDatabaseAway();
    assertThat(site.holdfast("backup", "www").exitCode()).isZero();

    Result jobs = site.holdfast("jobs");
    assertThat(jobs.exitCode()).as(jobs.all()).isZero();
    assertThat(jobs.err()).contains("going by the configuration of", "records of");
    assertThat(jobs.out()).containsPattern("www +20.* success").contains("never run");
    Result runs = site.holdfast("runs", "--json");
    assertThat(runs.exitCode()).as(runs.all()).isZero();
    assertThat(json(runs).findValuesAsText("outcome")).containsExactly("success", "success");
    assertThat(json(runs).findValuesAsText("snapshot_id")).hasSize(2);
    assertThat(json(site.holdfast("runs", "--json", "--last", "1"))).hasSize(1);
    assertThat(json(site.holdfast("runs", www.toString(), "--json"))).hasSize(2);
    assertThat(site.holdfast("runs", "nosuch").exitCode()).isEqualTo(4);

    Result doctor = site.holdfast("doctor");
    assertThat(doctor.exitCode()).as(doctor.all()).isEqualTo(1);
    assertThat(doctor.out())
        .contains("repository: it opens with the password", "job www: it has no schedule in force")
        .contains("goes by the configuration that was synced at");
    Result problems = site.holdfast("problems");
    assertThat(problems.exitCode()).isEqualTo(1);
    assertThat(problems.out()).contains("the daemon does not run");
    assertThat(problems.out())
        .as("says the same as status")
        .isEqualTo(
            site.holdfast("status")
                .out()
                .lines()
                .filter(line -> line.startsWith("! ") || line.startsWith("~ "))
                .collect(Collectors.joining("\n", "", "\n")));
  }

  @Test
  void json_has_the_names_of_the_database() throws Exception {
    names("runs", Set.of(), site.holdfast("runs", "--json"));
    names("job_summary", Set.of("percent_done"), site.holdfast("jobs", "--json"));
    names("problems", Set.of(), site.holdfast("problems", "--json"));
    names(
        "runs",
        Set.of("code", "delivered", "statistics"),
        site.holdfast("backup", "www", "--json"));
    names(
        "snapshots", Set.of("short_id", "job_name", "told"), site.holdfast("snapshots", "--json"));
    names("verifications", Set.of(), site.holdfast("prove", "www", "--json"));
    assertThat(json(site.holdfast("register", "--json")).path("config").asText())
        .isEqualTo(site.config().toString());
    assertThat(json(site.holdfast("doctor", "--json")).findValuesAsText("grade"))
        .isSubsetOf("ok", "warning", "error");
  }

  private void names(String relation, Set<String> besides, Result printed) throws Exception {
    JsonNode value = json(printed);
    JsonNode first = value.isArray() ? value.path(0) : value;
    Set<String> names =
        StreamSupport.stream(((Iterable<String>) first::fieldNames).spliterator(), false)
            .filter(name -> !besides.contains(name))
            .collect(Collectors.toSet());
    Set<String> columns =
        psql
            .rows(
                "SELECT attname::text AS name FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0",
                relation)
            .stream()
            .map(row -> String.valueOf(row.get("name")))
            .collect(Collectors.toSet());
    assertThat(names).as(relation + printed.all()).isNotEmpty().isSubsetOf(columns);
  }

  @Test
  void restic_is_called_by_hand_without_a_secret_on_any_command_line() throws Exception {
    Path wrapper =
        Files.writeString(
            directory.resolve("wrapped-restic"),
            """
            #!/bin/sh
            ps -eo args >>"%s"
            exec "%s" "$@"
            """
                .formatted(directory.resolve("seen"), ResticBinaries.current()));
    Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
    site.writeConfig(wrapper.toString());
    Result listed = site.holdfast("restic", "exec", "snapshots", "--json", "--tag", "job=" + www);
    assertThat(listed.exitCode()).as(listed.all()).isZero();
    assertThat(json(site.holdfast("restic", "exec", "--", "snapshots", "--json"))).hasSize(1);
    assertThat(Files.readString(directory.resolve("seen")))
        .contains("snapshots")
        .doesNotContain(Site.REPOSITORY_PASSWORD, Site.DATABASE_PASSWORD);
    assertThat(site.state().resolve("private")).isEmptyDirectory();
    assertThat(site.holdfast("restic", "exec", "cat", "snapshot", "0000").exitCode())
        .as("restic's own exit code")
        .isEqualTo(1);

    Result variables = site.holdfast("restic", "env");
    Result used =
        Program.run(
            Map.of("PATH", System.getenv("PATH"), "LINES_TO_EVAL", variables.out()),
            List.of(
                "sh",
                "-c",
                "eval \"$LINES_TO_EVAL\"; exec " + ResticBinaries.current() + " cat config"));
    assertThat(used.exitCode()).as(used.all()).isZero();
    Result shown = onTerminal(80, "xterm", Program.HOLDFAST + " restic env", Map.of());
    assertThat(shown.out())
        .contains("would be shown on the terminal")
        .doesNotContain(Site.REPOSITORY_PASSWORD);
  }

  /** By util-linux, which makes a terminal of its own. */
  private Result onTerminal(int columns, String term, String command, Map<String, String> besides) {
    Map<String, String> environment =
        new java.util.HashMap<>(
            Map.of(
                "HOLDFAST_CONFIG",
                site.config().toString(),
                "HOME",
                directory.toString(),
                "TERM",
                term,
                "NO_COLOR",
                "1"));
    environment.putAll(besides);
    return Program.run(
        environment,
        List.of("script", "-qec", "stty cols " + columns + "; " + command, "/dev/null"));
  }

  @Test
  void tables_and_the_progress_bar_are_no_wider_than_the_terminal() throws Exception {
    psql.execute(
        "UPDATE backup_jobs SET name = 'a website with quite a long name' WHERE name = 'www'");
    assertThat(site.holdfast("backup", www.toString()).exitCode()).isZero();
    for (int columns : new int[] {60, 80}) {
      for (String command : List.of("jobs", "status", "runs", "snapshots")) {
        Result shown = onTerminal(columns, "xterm", Program.HOLDFAST + " " + command, Map.of());
        assertThat(shown.out()).as(command + shown.err()).contains("a website");
        if (!command.equals("status")) {
          assertThat(shown.out().lines())
              .as(command)
              .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(columns));
        }
      }
    }
    assertThat(site.holdfast("jobs").out()).as("no terminal").contains(www.toString());
    String backup = Program.HOLDFAST + " backup 'never run'";
    assertThat(onTerminal(40, "dumb", backup, Map.of()).out())
        .contains("success")
        .doesNotContain("\u001b");
  }

  @Test
  void a_shell_completes_jobs_and_snapshots_and_is_silent_where_there_are_none() throws Exception {
    String id = json(site.holdfast("snapshots", "--json")).path(0).path("short_id").asText();
    assertThat(completed("backup", "")).as("before the first sync").isEmpty();
    letADaemonSync();
    assertThat(completed("backup", "")).containsExactly("never\\ run", "www");
    assertThat(completed("runs", "w")).containsExactly("www");
    assertThat(completed("find", "x", "--job", "w")).containsExactly("www");
    assertThat(completed("restore", id.substring(0, 4))).containsExactly(id);
    assertThat(completed("restore", "www", "--overwrite", "if-n")).containsExactly("if-newer");
    assertThat(completed("stat")).containsExactly("status");
    assertThat(completed("secret", "encrypt", "repository_p"))
        .containsExactly("repository_password");
    takeTheDatabaseAway();
    assertThat(completed("backup", "w")).as("the database away").containsExactly("www");
    Files.delete(site.config());
    assertThat(completed("backup", "w")).as("no configuration").isEmpty();
  }

  /** What bash would offer for the last word. */
  private List<String> completed(String... words) throws Exception {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Files.deleteIfExists(bin.resolve("holdfast"));
    Files.createSymbolicLink(bin.resolve("holdfast"), Path.of(Program.HOLDFAST));
    Path script = directory.resolve("completion.bash");
    if (!Files.exists(script)) {
      Files.writeString(script, site.holdfast("generate-completion").out());
    }
    String line =
        List.of(words).stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    Result result =
        Program.run(
            Map.of(
                "PATH",
                bin + ":" + System.getenv("PATH"),
                "HOME",
                directory.toString(),
                "HOLDFAST_COMPLETION_SECONDS",
                "300",
                "HOLDFAST_CONFIG",
                site.config().toString()),
            List.of(
                "bash",
                "-c",
                // Only a shell that completes has it.
                "compopt() { :; }; . '"
                    + script
                    + "'; COMP_WORDS=(holdfast "
                    + line
                    + "); COMP_CWORD="
                    + words.length
                    + "; _holdfast_values; [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\""));
    assertThat(result.err()).isEmpty();
    return result.out().lines().sorted().toList();
  }

  @Test
  void what_logrotate_does_neither_ends_the_daemon_nor_its_log() throws Exception {
    Path log = directory.resolve("holdfast.log");
    Files.writeString(
        site.config(), "log:\n  file: " + log + "\n", java.nio.file.StandardOpenOption.APPEND);
    Process daemon = site.daemon();
    Site.eventually().until(() -> Files.exists(site.configCache()));
    Files.move(log, directory.resolve("holdfast.log.old"));
    Program.mustRun(List.of("kill", "-HUP", String.valueOf(daemon.pid())));
    psql.execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", www);
    Site.eventually().until(() -> Files.exists(log) && Files.size(log) > 0);
    assertThat(daemon.isAlive()).isTrue();
    assertThat(Site.stop(daemon)).as("as Java ends by SIGTERM").isEqualTo(143);
  }

  @Test
  void check_data_by_hand_reads_the_part_whose_turn_it_is() throws Exception {
    psql.execute("UPDATE devices SET housekeeper = true");
    psql.execute(
        "INSERT INTO housekeeping (kind, schedule_type, interval_seconds, parts) VALUES ('check-data', 'interval', 86400, 7)");
    JsonNode byTable = json(site.holdfast("housekeep", "check-data", "--json"));
    assertThat(byTable.path("statistics").path("parts").asInt()).isEqualTo(7);
    JsonNode asked = json(site.holdfast("housekeep", "check-data", "--parts", "3", "--json"));
    assertThat(asked.path("statistics").path("parts").asInt()).isEqualTo(3);
    assertThat(asked.path("statistics").path("part").asInt()).isBetween(1, 3);
    assertThat(site.holdfast("housekeep", "check", "--parts", "3").exitCode()).isEqualTo(2);
  }
}
