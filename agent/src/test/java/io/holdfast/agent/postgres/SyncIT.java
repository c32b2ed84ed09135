package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.Heartbeat;
import io.holdfast.agent.testing.ControlPlane;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One round trip: the heartbeat in, and the configuration out if it has changed. */
class SyncIT {

  private static final Heartbeat HEARTBEAT =
      new Heartbeat("web", "Web", "linux", "web.example", Map.of("agent", "1"));

  private final ControlPlane psql = ControlPlane.fresh();
  private final Database database = Database.direct(client());
  private final PostgresConfigSource source = new PostgresConfigSource(database, "web");
  private UUID job = new UUID(0, 0);

  private DatabaseAddress client() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web', 'Web', 'linux')");
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('db', 'DB', 'linux')");
    return psql.client("password", "web");
  }

  @BeforeEach
  void aJob() {
    job = psql.job("web", "www", "/srv", "/etc");
    psql.cron(job, "0 2 * * *");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private String revision() {
    return String.valueOf(
        psql.row(
                "SELECT coalesce((SELECT revision FROM holdfast.config_revisions WHERE device_id ="
                    + " 'web'), 0) || '.' || revision AS r FROM holdfast.fleet_revision")
            .get("r"));
  }

  @Test
  void all_that_concerns_the_device_comes_out_as_it_went_in() throws Exception {
    psql.execute(
        "UPDATE backup_jobs SET exclude_patterns = '{*.tmp}', tags = '{daily}', restic_args ="
            + " '[\"--limit-upload\", \"5\"]', timeout_seconds = 60, origin_name = 'old'");
    psql.execute(
        "UPDATE schedules SET timezone = 'Europe/Berlin', last_run_at = '2026-03-10T12:00:00.123456Z'");
    psql.execute(
        "INSERT INTO settings (device_id, key, value) VALUES ('web', 'max_concurrent_backups', '2')");
    ConfigRows rows = source.sync(HEARTBEAT);
    assertThat(rows.device().name()).isEqualTo("Web");
    assertThat(rows.jobs())
        .singleElement()
        .satisfies(row -> {
          assertThat(row.id()).isEqualTo(job);
          assertThat(row.sourcePaths()).isEqualTo(List.of("/srv", "/etc"));
          assertThat(row.excludePatterns()).isEqualTo(List.of("*.tmp"));
          assertThat(row.tags()).isEqualTo(List.of("daily"));
          assertThat(row.resticArgs()).contains("[\"--limit-upload\",\"5\"]");
          assertThat(row.originName()).contains("old");
          assertThat(row.accountId()).isEmpty();
          assertThat(row.limits().timeoutSeconds()).contains(60);
        });
    assertThat(rows.schedules())
        .singleElement()
        .satisfies(row -> {
          assertThat(row.cronExpression()).contains("0 2 * * *");
          assertThat(row.timezone()).contains("Europe/Berlin");
          assertThat(row.intervalSeconds()).isEmpty();
          assertThat(row.lastRunAt())
              .contains(java.time.Instant.parse("2026-03-10T12:00:00.123456Z"));
        });
    assertThat(rows.settings())
        .anyMatch(s -> s.ofDevice() && s.key().equals("max_concurrent_backups"))
        .anyMatch(s -> !s.ofDevice() && s.key().equals("repository_url"))
        .noneMatch(s -> s.key().equals("run_retention_days"));
    assertThat(
            psql.row(
                "SELECT hostname, metadata ->> 'agent' AS agent FROM devices WHERE id = 'web'"))
        .containsEntry("hostname", "web.example")
        .containsEntry("agent", "1");
  }

  @Test
  void every_change_that_concerns_the_device_is_seen_and_none_other_counts() throws Exception {
    source.sync(HEARTBEAT);
    for (String change :
        List.of(
            "UPDATE backup_jobs SET description = 'x' WHERE device_id = 'web'",
            "UPDATE schedules SET cron_expression = '0 3 * * *'",
            "INSERT INTO schedules (job_id, schedule_type, interval_seconds) SELECT id, 'interval', 60 FROM"
                + " backup_jobs",
            "DELETE FROM schedules WHERE schedule_type = 'interval'",
            "INSERT INTO settings (device_id, key, value) VALUES ('web', 'max_concurrent_backups', '2')",
            "UPDATE settings SET value = '/new' WHERE key = 'repository_url'",
            "UPDATE devices SET name = 'New' WHERE id = 'web'",
            "DELETE FROM backup_jobs")) {
      String before = revision();
      psql.execute(change);
      assertThat(revision()).as(change).isNotEqualTo(before);
    }
    ConfigRows rows = source.sync(HEARTBEAT);
    assertThat(rows.jobs()).isEmpty();
    assertThat(rows.device().name()).isEqualTo("New");
    assertThat(rows.settings()).anyMatch(s -> s.value().equals("/new"));
    UUID others = psql.job("db", "db", "/srv");
    String before = revision();
    for (String other :
        List.of(
            "UPDATE backup_jobs SET description = 'y' WHERE device_id = 'db'",
            "UPDATE devices SET last_seen = now(), hostname = 'h'",
            "INSERT INTO settings (device_id, key, value) VALUES ('db', 'max_concurrent_backups', '3')",
            "INSERT INTO requests (kind, device_id) VALUES ('sync', 'web')",
            "INSERT INTO runs (job_id, device_id, status, start_time) VALUES ('"
                + others
                + "', 'db', 'running', now())")) {
      psql.execute(other);
      assertThat(revision()).as(other).isEqualTo(before);
    }
  }

  @Test
  void without_a_change_the_configuration_is_not_sent_and_is_the_same() throws Exception {
    ConfigRows first = source.sync(HEARTBEAT);
    // What no trigger sees cannot come out unless all of it was sent again.
    psql.execute("ALTER TABLE backup_jobs DISABLE TRIGGER USER");
    psql.execute("UPDATE backup_jobs SET name = 'behind the back'");
    ConfigRows second = source.sync(HEARTBEAT);
    assertThat(second.jobs()).isEqualTo(first.jobs());
    assertThat(second.server().time()).isAfter(first.server().time());
    psql.execute("UPDATE devices SET enabled = false WHERE id = 'web'");
    assertThat(source.sync(HEARTBEAT).jobs().getFirst().name()).isEqualTo("behind the back");
    assertThat(source.sync(HEARTBEAT).device().enabled()).isFalse();
  }

  @Test
  void it_says_whether_something_is_asked_of_the_device() throws Exception {
    assertThat(source.sync(HEARTBEAT).server().requestsWait()).isFalse();
    psql.execute("INSERT INTO requests (kind, device_id) VALUES ('sync', 'db')");
    assertThat(source.sync(HEARTBEAT).server().requestsWait()).isFalse();
    psql.execute("INSERT INTO requests (kind, device_id) VALUES ('sync', 'web')");
    assertThat(source.sync(HEARTBEAT).server().requestsWait()).isTrue();
  }

  private static Heartbeat of(String host, UUID instance, UUID process) {
    return new Heartbeat("web", "Web", "linux", host, Map.of("agent", "1"))
        .of(new Heartbeat.Daemon(instance, process));
  }

  private final UUID instance = UUID.randomUUID();
  private final UUID one = UUID.randomUUID();
  private final UUID two = UUID.randomUUID();

  /** Finding B8. */
  @Test
  void two_agents_under_one_device_are_noticed_when_the_first_is_back() throws Exception {
    assertThat(source.sync(of("clone1", instance, one)).server().shared()).isEmpty();
    assertThat(source.sync(of("clone2", instance, two)).server().shared()).isEmpty();
    ConfigRows.Server told = source.sync(of("clone1", instance, one)).server();
    assertThat(told.shared())
        .hasValueSatisfying(said ->
            assertThat(said)
                .startsWith("two agents work as this device at the same time")
                .contains("clone1")
                .contains("clone2"));
    assertThat(told.renewInstance()).as("it has the id of the other one").isTrue();
    assertThat(psql.row("SELECT code, message FROM problems WHERE device_id = 'web'"))
        .containsEntry("code", "device-shared")
        .containsEntry("message", told.shared().orElseThrow());

    UUID renewed = UUID.randomUUID();
    assertThat(source.sync(of("clone1", renewed, one)).server().renewInstance()).isFalse();
    ConfigRows.Server other = source.sync(of("clone2", instance, two)).server();
    assertThat(other.renewInstance()).isFalse();
    assertThat(other.shared()).isPresent();
    assertThat(source.sync(HEARTBEAT).server().shared()).as("a command hears of it").isPresent();
    assertThat(
            psql.row("SELECT metadata::text AS about FROM devices WHERE id = 'web'").get("about"))
        .isEqualTo("{\"agent\": \"1\"}");
  }

  @Test
  void three_of_them_in_a_round_are_noticed_too_and_few_are_remembered() throws Exception {
    UUID three = UUID.randomUUID();
    for (UUID process : List.of(one, two, three)) {
      assertThat(source.sync(of("h", instance, process)).server().shared()).isEmpty();
    }
    assertThat(source.sync(of("h", instance, one)).server().shared()).isPresent();
    for (int i = 0; i < 20; i++) {
      source.sync(of("h", instance, UUID.randomUUID()));
    }
    assertThat(psql.rows("SELECT FROM holdfast.instances")).hasSize(8);
  }

  @Test
  void an_agent_that_is_started_anew_and_commands_beside_it_are_no_second_agent() throws Exception {
    for (UUID process : List.of(one, two, UUID.randomUUID())) {
      for (int i = 0; i < 3; i++) {
        assertThat(source.sync(of("h", instance, process)).server().shared()).isEmpty();
        assertThat(source.sync(HEARTBEAT).server().shared()).isEmpty();
      }
    }
  }

  @Test
  void a_request_that_one_agent_has_claimed_is_not_given_to_another() throws Exception {
    UUID other = UUID.randomUUID();
    source.sync(of("clone1", instance, one));
    source.sync(of("clone2", other, two));
    PostgresRequestSource first = new PostgresRequestSource(database, "web", () -> instance);
    PostgresRequestSource second = new PostgresRequestSource(database, "web", () -> other);
    psql.execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", job);
    assertThat(first.claim()).singleElement().satisfies(r -> assertThat(r.again()).isFalse());
    assertThat(second.claim()).isEmpty();
    assertThat(first.claim()).singleElement().satisfies(r -> assertThat(r.again()).isTrue());
    // The first one's machine was set up anew, and nobody else has synced since.
    psql.execute("UPDATE holdfast.instances SET turn_at = turn_at - interval '61 minutes'");
    assertThat(second.claim()).hasSize(1);
    assertThat(first.claim()).isEmpty();
  }

  /** Finding M10: the agent then tells all problems again. */
  @Test
  void a_problem_that_an_admin_removes_or_rewrites_changes_the_revision_and_no_other_does()
      throws Exception {
    source.sync(HEARTBEAT);
    Problem problem = Problem.ofDevice("code", "message", "remedy");
    String before = revision();
    source.tell(Map.of(), List.of(problem));
    source.tell(Map.of(), List.of(problem.asWarning()));
    source.tell(Map.of(), List.of());
    source.tell(Map.of(), List.of(problem));
    assertThat(revision()).as("what the device itself tells").isEqualTo(before);
    for (String change :
        List.of("UPDATE problems SET message = 'x'", "DELETE FROM problems WHERE code = 'code'")) {
      before = revision();
      assertThat(psql.execute(change)).isEqualTo(1);
      assertThat(revision()).as(change).isNotEqualTo(before);
    }
  }

  @Test
  void a_login_syncs_for_its_own_device_only() {
    PostgresConfigSource other = new PostgresConfigSource(database, "db");
    assertThatThrownBy(() -> other.sync(new Heartbeat("db", "DB", "linux", "h", Map.of())))
        .isInstanceOfSatisfying(
            ControlPlaneException.class,
            e -> assertThat(e.problem().message()).contains("is not that of device db"));
  }

  @Test
  void the_shared_login_brings_a_device_that_is_new() throws Exception {
    try (Database shared =
        Database.direct(psql.member("backup_client, backup_shared_client", "password"))) {
      ConfigRows rows =
          new PostgresConfigSource(shared, "new")
              .sync(new Heartbeat("new", "New", "linux", "h", Map.of()));
      assertThat(rows.device().name()).isEqualTo("New");
      assertThat(rows.jobs()).isEmpty();
    }
  }
}
