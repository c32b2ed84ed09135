package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.report.ProgressReport;
import io.holdfast.agent.report.RunSink;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.Verdict;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Records;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Records may arrive twice, late or without their job, and the rows are right all the same. */
class PostgresRunSinkIT {

  private static final String DEVICE = "test-device";

  private final ControlPlane psql = ControlPlane.fresh();
  private final Database database = Database.direct(client(psql));
  private final RunSink sink = new PostgresRunSink(database);
  private UUID job = new UUID(0, 0);

  private static DatabaseAddress client(ControlPlane psql) {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES (?, 'D', 'linux')", DEVICE);
    return psql.client("sink-password", DEVICE);
  }

  @BeforeEach
  void addJob() {
    job = psql.job(DEVICE, "home", "/srv");
    psql.execute(
        "INSERT INTO schedules (id, job_id, schedule_type, interval_seconds) VALUES (7, ?, 'interval', 60)",
        job);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private List<Map<String, Object>> rows() {
    return psql.rows("SELECT * FROM runs ORDER BY start_time");
  }

  @Test
  void a_run_is_a_row_from_its_start_to_its_end() throws Exception {
    RunStarted started = Records.started(1, job, DEVICE);
    sink.started(started);
    assertThat(rows())
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("status", "running")
                .containsEntry("run_uuid", started.id().value()));
    sink.progress(
        started.id(),
        new ProgressReport(
            Records.NOON,
            41.5,
            3,
            Optional.of(9L),
            10,
            Optional.empty(),
            0,
            Optional.of("restic tries again: connection refused")));
    assertThat(
            psql.row(
                "SELECT progress ->> 'percent_done' AS p, progress ->> 'trouble' AS t FROM runs"))
        .containsEntry("p", "41.5")
        .containsEntry("t", "restic tries again: connection refused");
    sink.finished(Records.finished(started));
    assertThat(rows())
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("status", "success")
                .containsEntry("outcome", "success")
                .containsEntry("files_new", 3_000_000_000L)
                .containsEntry("dirs_unmodified", 6L)
                .containsEntry("data_added_bytes", 7L)
                .containsEntry("data_added_packed_bytes", 5L)
                .containsEntry("total_bytes_processed", 9L)
                .containsEntry("duration_seconds", 42)
                .containsEntry("schedule_id", 7)
                .containsEntry("progress", null));
    assertThat(
            psql.row(
                "SELECT extract(epoch FROM start_time)::bigint AS s, extract(epoch FROM end_time)::bigint AS e FROM runs"))
        .isEqualTo(
            Map.of(
                "s",
                started.startedAt().getEpochSecond(),
                "e",
                started.startedAt().getEpochSecond() + 42));
  }

  @Test
  void a_run_that_is_told_late_announces_no_next_one_of_what_was_switched_off_meanwhile()
      throws Exception {
    int run = 1;
    for (String table : List.of("schedules", "backup_jobs", "devices")) {
      sink.started(Records.started(run++, job, DEVICE));
      assertThat(psql.rows("SELECT FROM schedules WHERE next_run_at IS NOT NULL")).hasSize(1);
      psql.execute("UPDATE " + table + " SET enabled = false");
      psql.execute("UPDATE schedules SET next_run_at = NULL");
      sink.started(Records.started(run++, job, DEVICE));
      assertThat(psql.rows("SELECT FROM schedules WHERE next_run_at IS NOT NULL"))
          .as(table)
          .isEmpty();
      psql.execute("UPDATE " + table + " SET enabled = true");
    }
  }

  @Test
  void replaying_everything_changes_nothing() throws Exception {
    RunStarted first = Records.started(1, job, DEVICE);
    RunStarted second = Records.started(2, job, DEVICE);
    RunFinished firstEnd = Records.finished(first);
    sink.started(first);
    sink.finished(firstEnd);
    sink.started(second);
    List<Map<String, Object>> before = rows();
    List<Map<String, Object>> schedules = psql.rows("SELECT * FROM schedules");
    sink.started(first);
    sink.finished(firstEnd);
    sink.started(first);
    sink.finished(Records.finished(first, Verdict.failed("x", "another story", "none")));
    sink.started(second);
    assertThat(rows()).isEqualTo(before);
    assertThat(rows().get(1)).containsEntry("status", "running");
    assertThat(psql.rows("SELECT * FROM schedules")).isEqualTo(schedules);
  }

  @Test
  void an_end_without_its_start_makes_the_row() throws Exception {
    RunStarted started = Records.started(1, job, DEVICE);
    sink.finished(Records.finished(started));
    sink.started(started);
    assertThat(rows())
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("status", "success"));
  }

  @Test
  void a_run_of_a_job_that_was_deleted_meanwhile_is_kept_with_its_name() throws Exception {
    RunStarted started = Records.started(1, job, DEVICE);
    sink.started(started);
    psql.execute("DELETE FROM backup_jobs");
    sink.finished(Records.finished(started, Verdict.failed("x", "it broke", "Mend it.")));
    RunStarted later = Records.started(2, job, DEVICE);
    sink.started(later);
    assertThat(rows())
        .hasSize(2)
        .allSatisfy(
            row -> assertThat(row).containsEntry("job_name", "home").containsEntry("job_id", null));
  }

  @Test
  void what_a_run_leaves_to_mend_stays_until_a_run_succeeds() throws Exception {
    sink.finished(
        Records.finished(
            Records.started(1, job, DEVICE), Verdict.failed("a", "it broke", "Mend it.")));
    Object since = psql.row("SELECT since FROM problems").get("since");
    sink.finished(
        Records.finished(
            Records.started(2, job, DEVICE), Verdict.failed("a", "it broke again", "Mend it.")));
    assertThat(psql.row("SELECT since, message FROM problems"))
        .isEqualTo(Map.of("since", since, "message", "job \"home\": it broke again"));
    sink.finished(
        Records.finished(
            Records.started(3, job, DEVICE), Verdict.partial("b", "half of it", "Mend that.")));
    assertThat(psql.row("SELECT code FROM problems")).containsEntry("code", "b");
    sink.finished(Records.finished(Records.started(4, job, DEVICE)));
    assertThat(psql.rows("SELECT FROM problems")).isEmpty();
  }

  @Test
  void a_schedules_times_move_forward_only_and_for_the_one_that_fired() throws Exception {
    psql.execute(
        "INSERT INTO schedules (id, job_id, schedule_type, interval_seconds) VALUES (8, ?, 'interval', 60)",
        job);
    RunStarted later = Records.started(2, job, DEVICE);
    sink.started(later);
    sink.started(Records.started(1, job, DEVICE));
    assertThat(
            psql.rows(
                "SELECT id, extract(epoch FROM last_run_at)::bigint AS s FROM schedules WHERE last_run_at IS NOT NULL"))
        .isEqualTo(List.of(Map.of("id", 7, "s", later.startedAt().getEpochSecond())));
    assertThat(psql.row("SELECT last_run_at, next_run_at FROM schedules WHERE id = 8").values())
        .containsOnlyNulls();
  }

  @Test
  void
      a_record_that_the_database_will_never_take_is_refused_and_anything_else_may_be_tried_again() {
    RunStarted unknownDevice = Records.started(1, job, "nobody");
    assertThatThrownBy(() -> sink.started(unknownDevice))
        .isInstanceOfSatisfying(
            ControlPlaneException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED));
    psql.execute("ALTER TABLE runs RENAME TO runs_away");
    assertThatThrownBy(() -> sink.started(Records.started(2, job, DEVICE)))
        .isInstanceOfSatisfying(
            ControlPlaneException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MISCONFIGURED))
        .hasMessageContaining("does not have the schema");
  }

  @Test
  void a_restore_of_a_device_that_stays_away_is_given_up_until_its_own_word_comes()
      throws Exception {
    UUID begun = askedLongAgo("/srv/begun");
    UUID notBegun = askedLongAgo("/srv/not-begun");
    RestoreStarted started =
        new RestoreStarted(
            begun,
            DEVICE,
            Optional.of("x".repeat(300)),
            Optional.empty(),
            "/srv/begun",
            Instant.now().minus(Duration.ofDays(2)));
    sink.restore(started);
    psql.execute("UPDATE devices SET last_seen = now() - interval '2 days'");
    psql.execute("SELECT holdfast.sweep()");
    Map<String, Object> away = Map.of("status", "failed", "code", "device-away");
    assertThat(psql.rows("SELECT status, code FROM restores")).containsExactly(away);
    assertThat(psql.rows("SELECT status, result ->> 'code' AS code FROM requests"))
        .containsExactly(away, away);
    assertThat(sink.known(List.of(begun))).as("its own word is yet to come").isEmpty();

    sink.restore(ended(started, Verdict.success()));
    sink.restore(ended(started, Verdict.failed("x", "another story", "none")));
    assertThat(psql.rows("SELECT status, code FROM restores"))
        .containsExactly(Map.of("status", "success", "code", "ok"));
    assertThat(
            psql.row(
                "SELECT status, jsonb_exists(result, 'provisional') AS provisional FROM requests WHERE id = ?",
                begun))
        .isEqualTo(Map.of("status", "done", "provisional", false));
    assertThat(psql.row("SELECT status FROM requests WHERE id = ?", notBegun))
        .containsEntry("status", "failed");
  }

  private UUID askedLongAgo(String to) {
    UUID id = UUID.randomUUID();
    psql.execute(
        "INSERT INTO requests (id, kind, job_id, parameters, status, claimed_at) VALUES (?, 'restore', ?,"
            + " jsonb_build_object('to', CAST(? AS text)), 'claimed', now() - interval '2 days')",
        id,
        job,
        to);
    return id;
  }

  private static RestoreEnded ended(RestoreStarted started, Verdict verdict) {
    return new RestoreEnded(
        started, started.startedAt().plusSeconds(9), verdict, 3, 4, 0, List.of());
  }

  @Test
  void the_agent_is_built_for_the_newest_migration() throws Exception {
    assertThat(psql.row("SELECT schema_version FROM control_plane_version"))
        .containsEntry("schema_version", SchemaCheck.BUILT_FOR);
    assertThat(SchemaCheck.require(database)).isEqualTo(SchemaCheck.BUILT_FOR);
    assertThat(new Migrations(psql.address()).steps())
        .hasSize(SchemaCheck.BUILT_FOR)
        .allSatisfy(step -> assertThat(step.state()).isEqualTo("Success"));
  }
}
