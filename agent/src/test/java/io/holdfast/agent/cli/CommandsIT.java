package io.holdfast.agent.cli;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.postgres.SchemaCheck;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.embedded.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/** The commands as a person or a script meets them. */
class CommandsIT {

  private static final List<String> VERBS =
      List.of(
          "daemon",
          "register",
          "sync",
          "status",
          "jobs",
          "runs",
          "backup",
          "cancel",
          "snapshots",
          "ls",
          "find",
          "diff",
          "restore",
          "recover",
          "rotate-credential",
          "migrate",
          "enrol-token",
          "recovery-key",
          "decrypt",
          "secret",
          "doctor",
          "version");

  @TempDir private Path directory;

  private static JsonNode json(Result result) throws Exception {
    return new ObjectMapper().readTree(result.out());
  }

  @Test
  void every_command_explains_itself_and_a_wrong_one_is_answered_with_2() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Result help = site.holdfast("--help");
      assertThat(help.exitCode()).isZero();
      for (String verb : VERBS) {
        assertThat(help.out()).contains(verb);
        assertThat(site.holdfast(verb, "--help"))
            .satisfies(r -> assertThat(r.exitCode()).isZero())
            .satisfies(r -> assertThat(r.out()).contains("Usage: holdfast " + verb));
      }
      assertThat(site.holdfast("bakup").exitCode()).isEqualTo(2);
      assertThat(site.holdfast().exitCode()).isEqualTo(2);
      assertThat(site.holdfast("runs", "--last", "0").err())
          .contains("--last takes a number from 1 to 10000, not 0");
      assertThat(site.holdfast("generate-completion").out())
          .contains("complete -F")
          .contains("backup");
      assertThat(site.holdfast("version").out()).startsWith("holdfast ").contains(" on Java ");
      assertThat(json(site.holdfast("version", "--json")).path("holdfast").asText()).isNotEmpty();
    }
  }

  @Test
  void migrate_creates_the_schema_and_register_writes_the_file_and_the_device() throws Exception {
    String database = TestPostgres.shared().createDatabase();
    String owner = TestPostgres.shared().jdbcUrl(database);
    Path config = directory.resolve("etc/holdfast.yaml");
    Map<String, String> environment =
        Map.of("HOLDFAST_CONFIG", config.toString(), "HOME", directory.toString());
    assertThat(holdfast(environment, "migrate", "--status", "--database-url", owner).out())
        .contains("Pending")
        .doesNotContain("Success");
    assertThat(holdfast(environment, "migrate", "--database-url", owner).out())
        .contains(SchemaCheck.BUILT_FOR + " migrations applied");
    assertThat(holdfast(environment, "migrate", "--database-url", owner).out())
        .contains("the schema is up to date");
    assertThat(holdfast(environment, "migrate", "--status", "--database-url", owner).out())
        .contains("Success")
        .doesNotContain("Pending");

    assertThat(holdfast(environment, "register"))
        .satisfies(r -> assertThat(r.exitCode()).isEqualTo(2))
        .satisfies(r -> assertThat(r.err()).contains("no --database-url"));
    Result registered =
        holdfast(
            environment,
            "register",
            "--id",
            "web-01",
            "--name",
            "Web 1",
            "--database-url",
            owner,
            "--state-directory",
            directory.resolve("state").toString(),
            "--restic",
            ResticBinaries.current().toString());
    assertThat(registered.exitCode()).as(registered.all()).isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
        .isEqualTo("rw-------");
    JsonNode again = json(holdfast(environment, "register", "--json"));
    assertThat(again.path("device_id").asText()).isEqualTo("web-01");
    assertThat(again.path("device_name").asText()).isEqualTo("Web 1");
    assertThat(json(holdfast(environment, "status", "--json")).path("connected").asBoolean())
        .isTrue();
  }

  @Test
  void migrate_refuses_a_superuser_as_the_owner_and_acts_as_one_who_cannot_log_in()
      throws Exception {
    String database = TestPostgres.shared().createDatabase();
    TestPostgres.shared().superuser("ALTER DATABASE " + database + " OWNER TO postgres");
    String url = TestPostgres.shared().jdbcUrl(database);
    Map<String, String> environment = Map.of("HOME", directory.toString());
    Result refused = holdfast(environment, "migrate", "--database-url", url);
    assertThat(refused.exitCode()).as(refused.all()).isEqualTo(6);
    assertThat(refused.err())
        .contains("belongs to the superuser postgres")
        .contains("CREATE ROLE holdfast_owner NOLOGIN CREATEROLE;")
        .contains("ALTER DATABASE " + database + " OWNER TO holdfast_owner;");
    TestPostgres.shared().superuser("ALTER DATABASE " + database + " OWNER TO holdfast_owner");

    String dba = "dba_" + database.substring(9, 29);
    TestPostgres.shared()
        .superuser("CREATE ROLE " + dba + " LOGIN PASSWORD 'pw' IN ROLE holdfast_owner");
    Map<String, String> withPassword = Map.of("HOME", directory.toString(), "PGPASSWORD", "pw");
    String asMember =
        TestPostgres.shared()
                .jdbcUrlWithoutCredentials(database)
                .replace("jdbc:postgresql://", "postgresql://" + dba + "@")
            + "?sslmode=disable";
    Result migrated = holdfast(withPassword, "migrate", "--database-url", asMember);
    assertThat(migrated.exitCode()).as(migrated.all()).isZero();
    assertThat(migrated.out()).contains(SchemaCheck.BUILT_FOR + " migrations applied");
    assertThat(migrated.err())
        .contains("every login may make large objects")
        .contains("REVOKE EXECUTE ON FUNCTION");
  }

  @Test
  void migrate_says_from_whom_it_has_taken_what_was_granted_wrongly() throws Exception {
    ControlPlane psql = ControlPlane.fresh();
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web', 'linux')");
    String login = psql.client("pw", "web-01").user().orElseThrow();
    psql.execute("SET ROLE holdfast_owner; GRANT backup_shared_client TO " + login);
    Map<String, String> environment = Map.of("HOME", directory.toString());
    Result told = holdfast(environment, "migrate", "--database-url", psql.url());
    assertThat(told.exitCode()).as(told.all()).isZero();
    assertThat(told.err())
        .contains("backup_shared_client was taken back: the login " + login + " is one device's");
    assertThat(holdfast(environment, "migrate", "--database-url", psql.url()).err())
        .as("once")
        .doesNotContain("was taken back");
  }

  @Test
  void migrate_says_which_device_got_a_copy_of_the_fleets_password() throws Exception {
    ControlPlane psql = ControlPlane.fresh();
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web', 'linux')");
    // As a migration of this very moment would have copied it: OwnRepositoryIT.
    psql.execute(
        "INSERT INTO settings (device_id, key, value, description, created_at) VALUES ('web-01',"
            + " 'repository_password', 'plugh', 'As the whole fleet had it before schema 38', now() + interval '1 hour')");
    Map<String, String> environment = Map.of("HOME", directory.toString());
    Result told = holdfast(environment, "migrate", "--database-url", psql.url());
    assertThat(told.err())
        .contains("device web-01 has a repository_url of its own", "repository_password any more")
        .contains("WHERE device_id = 'web-01' AND key = 'repository_password';")
        .doesNotContain("plugh");
  }

  /** Finding M6: any login can hold the lock by which Flyway is kept to one at a time. */
  @Test
  void migrate_says_who_keeps_it_from_going_on() throws Exception {
    ControlPlane psql = ControlPlane.fresh();
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web', 'linux')");
    DatabaseAddress device = psql.client("pw", "web-01");
    String login = device.user().orElseThrow();
    Map<String, String> environment = Map.of("HOME", directory.toString());
    try (Connection holder = DriverManager.getConnection(device.jdbcUrl(), login, "pw");
        Statement statement = holder.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(77433833903597)");
      int pid = holder.unwrap(PGConnection.class).getBackendPID();
      Result held = holdfast(environment, "migrate", "--database-url", psql.url());
      assertThat(held.exitCode()).as(held.all()).isEqualTo(6);
      assertThat(held.err())
          .contains("cannot be migrated now")
          .contains("is held by pid " + pid + " of " + login)
          .contains("SELECT pg_terminate_backend(" + pid + ");")
          .doesNotContain("\tat ");
    }
    assertThat(holdfast(environment, "migrate", "--database-url", psql.url()).exitCode()).isZero();
  }

  private static Result holdfast(Map<String, String> environment, String... arguments) {
    return Program.run(
        environment,
        java.util.stream.Stream.concat(
                java.util.stream.Stream.of(Program.HOLDFAST), java.util.stream.Stream.of(arguments))
            .toList());
  }

  @Test
  void what_is_printed_for_people_is_there_for_programs_too() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.job(Site.DEVICE, "home", site.source("home", 3).toString());
      JsonNode backup = json(site.holdfast("backup", "home", "--json"));
      assertThat(backup.path("outcome").asText()).isEqualTo("success");
      assertThat(backup.path("delivered").asBoolean()).isTrue();
      assertThat(backup.path("statistics").path("files_new").asInt()).isEqualTo(3);
      String run = backup.path("run_uuid").asText();
      assertThat(psql.row("SELECT run_uuid::text AS id, triggered_by FROM runs"))
          .isEqualTo(Map.of("id", run, "triggered_by", "manual"));
      JsonNode runs = json(site.holdfast("runs", "home", "--json"));
      assertThat(runs).hasSize(1);
      assertThat(runs.path(0).path("run_uuid").asText()).isEqualTo(run);
      assertThat(runs.path(0).path("start_time").asText()).endsWith("Z");
      assertThat(json(site.holdfast("jobs", "--json")).path(0).path("last_run_outcome").asText())
          .isEqualTo("success");
      assertThat(json(site.holdfast("sync", "--json")).path("jobs").path(0).asText())
          .isEqualTo("home");
      assertThat(
              json(site.holdfast("doctor", "--json"))
                  .valueStream()
                  .map(f -> f.path("check").asText()))
          .contains(
              "configuration",
              "database",
              "schema",
              "clock",
              "restic",
              "device",
              "repository",
              "job home",
              "daemon");
      assertThat(site.holdfast("runs").out())
          .contains("STARTED", "home", "success")
          .doesNotContain("\u001b");
      JsonNode status = json(site.holdfast("status", "--json"));
      assertThat(status.path("problems").path(0).path("code").asText())
          .isEqualTo("daemon-not-running");
    }
  }

  @Test
  void status_of_a_machine_where_all_is_well_is_0_and_names_daemon_jobs_and_next_run()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.everySeconds(psql.job(Site.DEVICE, "home", site.source("home", 3).toString()), 3600);
      Process daemon = site.daemon();
      site.awaitRuns("home", 1);
      eventually().until(() -> site.holdfast("status").exitCode() == 0);
      assertThat(site.holdfast("status").out())
          .contains("device    Test Device (test-device), enabled")
          .contains("connected")
          .contains("running (pid " + daemon.pid() + ")")
          .containsPattern("home +\\d{4}-\\d\\d-\\d\\d .* success +\\d{4}-");
      assertThat(site.holdfast("doctor").exitCode()).isZero();
    }
  }

  @Test
  void a_second_daemon_on_the_same_state_directory_does_not_start() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Process first = site.daemon();
      eventually().until(() -> Files.exists(site.state().resolve("status.json")));
      Result second = site.holdfast("daemon");
      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(second.err())
          .contains(
              "another daemon (pid "
                  + first.pid()
                  + ") already uses the state directory "
                  + site.state());
    }
  }

  @Test
  void a_job_that_runs_already_is_not_started_a_second_time_and_a_stopped_daemon_closes_its_run()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.due(jobs.slow("slow", 60));
      Process daemon = site.daemon();
      eventually()
          .until(() -> psql.rows("SELECT FROM runs WHERE progress IS NOT NULL").size() == 1);
      assertThat(site.holdfast("status").out()).contains("running");
      assertThat(site.holdfast("backup", "slow"))
          .satisfies(r -> assertThat(r.exitCode()).isEqualTo(4))
          .satisfies(r -> assertThat(r.err()).contains("is running already"));
      Site.stop(daemon);
      assertThat(site.runs("slow"))
          .singleElement()
          .satisfies(run ->
              assertThat(run)
                  .containsEntry("status", "cancelled")
                  .containsEntry("outcome", "cancelled")
                  .containsEntry("snapshot_id", null));
      assertThat(site.repository().resolve("locks")).isEmptyDirectory();
      assertThat(site.state().resolve("private")).isEmptyDirectory();
    }
  }
}
