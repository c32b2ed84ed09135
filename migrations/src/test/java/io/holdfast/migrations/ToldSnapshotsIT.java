package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which snapshots count, and what becomes of those that are gone. */
class ToldSnapshotsIT {

  private static final String OWN_JOB = "00000000-0000-0001-0000-000000000001";
  private static final String VICTIMS_JOB = "00000000-0000-0002-0000-000000000001";

  private static final String REAL = "a".repeat(64);
  private static final String FORGED = "b".repeat(64);

  private Wall wall;
  private Connection device;
  private Connection victim;

  @BeforeEach
  void create() throws SQLException, IOException {
    wall = Wall.create();
    wall.database().execute("DELETE FROM snapshots");
    device = wall.connect(Part.DEVICE);
    victim = wall.connect(Part.OTHER_DEVICE);
  }

  @AfterEach
  void close() throws SQLException {
    device.close();
    victim.close();
    wall.close();
  }

  private static UUID tells(Connection login, String deviceId, String job, String snapshot)
      throws SQLException {
    return tells(login, deviceId, job, snapshot, "0 minutes");
  }

  /**
   * The same of another time.
   *
   * @param later how long after now it began and ended, as an interval
   */
  private static UUID tells(
      Connection login, String deviceId, String job, String snapshot, String later)
      throws SQLException {
    UUID run = UUID.randomUUID();
    MigratedDatabase.execute(
        login,
        "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, snapshot_id)"
            + " VALUES (?, CAST(? AS uuid), ?, 'success', now() + CAST(? AS interval),"
            + " now() + CAST(? AS interval), ?)",
        run,
        job,
        deviceId,
        later,
        later,
        snapshot);
    return run;
  }

  /** A row of a list, as a housekeeper has read it. */
  private static String listed(String id, String original, String job, String of, UUID run) {
    return """
    {"id": "%s", "original_id": %s, "time": "2026-01-02T03:04:05Z", "local_time": "2026-01-02T04:04:05",
     "job_id": "%s", "device_id": "%s", "run_uuid": "%s", "host": "h"}
    """
        .formatted(
            id, original.isEmpty() ? "null" : "\"" + original + "\"", job, of, run.toString());
  }

  private void list(String repository, String... rows) throws SQLException {
    written(repository, begun(), rows);
  }

  private String begun() throws SQLException {
    return String.valueOf(
        MigratedDatabase.rows(device, "SELECT holdfast.catalogue_begin()::text AS at")
            .getFirst()
            .get("at"));
  }

  private void written(String repository, String begun, String... rows) throws SQLException {
    MigratedDatabase.execute(
        device,
        "SELECT holdfast.catalogue_put('alpha', ?, CAST(? AS timestamptz), CAST(? AS jsonb))",
        repository,
        begun,
        "[" + String.join(",", rows) + "]");
  }

  /** A whole list that holds these, and how it differs from what was known. */
  private Map<String, Object> whole(String repository, String... rows) throws SQLException {
    String begun = begun();
    written(repository, begun, rows);
    return ended(repository, begun);
  }

  private Map<String, Object> ended(String repository, String begun) throws SQLException {
    return MigratedDatabase.rows(
            device,
            "SELECT * FROM holdfast.catalogue_end('alpha', ?, CAST(? AS timestamptz))",
            repository,
            begun)
        .getFirst();
  }

  private boolean told(String repository, String id) throws SQLException {
    return Boolean.TRUE.equals(
        wall.database()
            .rows("SELECT told FROM snapshots WHERE repository_id = ? AND id = ?", repository, id)
            .getFirst()
            .get("told"));
  }

  private List<Map<String, Object>> problems() throws SQLException {
    return wall.database()
        .rows(
            "SELECT code, severity FROM problems WHERE source = 'repository' AND subject LIKE '%snapshots'"
                + " ORDER BY code");
  }

  @Test
  void a_snapshot_counts_if_a_run_of_its_own_job_told_of_it_and_not_if_anybody_else_did()
      throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL);
    UUID other = tells(device, "alpha", OWN_JOB, FORGED);
    list(
        "repo",
        listed(REAL, "", VICTIMS_JOB, "bravo", run),
        // The snapshot says that it is the victim's; only the device that planted it told of it.
        listed(FORGED, "", VICTIMS_JOB, "bravo", other));
    assertThat(told("repo", REAL)).isTrue();
    assertThat(told("repo", FORGED)).isFalse();
    tells(device, "alpha", OWN_JOB, REAL);
    list("repo", listed(REAL, "", VICTIMS_JOB, "bravo", run));
    assertThat(told("repo", REAL)).as("also when somebody else tells of it too").isTrue();
  }

  @Test
  void a_snapshot_that_was_listed_before_its_run_arrived_counts_from_then_on() throws Exception {
    list("repo", listed(REAL, "", VICTIMS_JOB, "bravo", UUID.randomUUID()));
    assertThat(told("repo", REAL)).isFalse();
    tells(victim, "bravo", VICTIMS_JOB, REAL);
    assertThat(told("repo", REAL)).isTrue();
  }

  @Test
  void of_what_a_snapshot_says_that_it_was_made_of_only_a_copy_target_is_believed()
      throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL);
    wall.database().execute("UPDATE copy_targets SET repository_id = 'target'");
    list("repo", listed(FORGED, REAL, VICTIMS_JOB, "bravo", run));
    assertThat(told("repo", FORGED)).isFalse();
    list("target", listed(FORGED, REAL, VICTIMS_JOB, "bravo", run));
    assertThat(told("target", FORGED)).isTrue();
  }

  @Test
  void the_first_snapshot_that_begins_with_what_restic_0_14_told_is_the_runs_and_no_other()
      throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL.substring(0, 8));
    list("repo", listed(REAL, "", VICTIMS_JOB, "bravo", run));
    String alike = REAL.substring(0, 8) + "c".repeat(56);
    list("repo", listed(alike, "", VICTIMS_JOB, "bravo", run));
    assertThat(told("repo", REAL)).isTrue();
    assertThat(told("repo", alike)).isFalse();
  }

  @Test
  void what_holdfast_rebuild_concludes_tells_nothing_until_an_admin_says_that_he_believes_it()
      throws Exception {
    wall.database()
        .execute(
            "INSERT INTO runs (run_uuid, job_id, device_id, status, start_time, end_time, snapshot_id, metadata)"
                + " VALUES (gen_random_uuid(), CAST(? AS uuid), 'bravo', 'success', now(), now(), ?,"
                + " '{\"code\": \"rebuilt\"}')",
            VICTIMS_JOB,
            FORGED);
    whole("repo", listed(FORGED, "", VICTIMS_JOB, "bravo", UUID.randomUUID()));
    assertThat(told("repo", FORGED)).isFalse();
    assertThat(problems()).hasSize(1);
    try (Connection admin = wall.connect(Part.ADMIN)) {
      assertThat(
              MigratedDatabase.rows(
                  admin, "SELECT holdfast.believe_snapshots(ARRAY[?]) AS n", FORGED))
          .containsExactly(Map.of("n", 1));
    }
    assertThat(told("repo", FORGED)).isTrue();
    assertThat(problems()).isEmpty();
  }

  @Test
  void what_vanishes_is_an_error_until_an_admin_knows_and_what_we_forget_is_none()
      throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL);
    String row = listed(REAL, "", VICTIMS_JOB, "bravo", run);
    assertThat(whole("repo", row)).containsEntry("vanished", 0);
    assertThat(whole("repo")).containsEntry("vanished", 1).containsEntry("gone", 0);
    assertThat(whole("repo")).as("once").containsEntry("vanished", 0);
    assertThat(problems())
        .containsExactly(Map.of("code", "snapshots-vanished", "severity", "error"));
    assertThat(wall.database().rows("SELECT FROM snapshots WHERE vanished_at IS NOT NULL"))
        .hasSize(1);
    try (Connection admin = wall.connect(Part.ADMIN)) {
      assertThat(MigratedDatabase.rows(admin, "SELECT holdfast.acknowledge_vanished() AS n"))
          .containsExactly(Map.of("n", 1));
    }
    whole("repo");
    assertThat(problems()).isEmpty();
    assertThat(wall.database().rows("SELECT vanished_seen_by AS by FROM snapshots"))
        .containsExactly(Map.of("by", wall.login(Part.ADMIN)));
    whole("repo", row);
    assertThat(wall.database().rows("SELECT FROM snapshots WHERE vanished_at IS NULL"))
        .as("back again")
        .hasSize(1);

    assertThat(begins(VICTIMS_JOB, REAL)).isTrue();
    assertThat(whole("repo")).containsEntry("forgotten", 1).containsEntry("vanished", 0);
    assertThat(wall.database().rows("SELECT FROM snapshots")).isEmpty();
    list("repo", row);
    assertThat(wall.database().rows("SELECT FROM snapshots"))
        .as("by a list that was read before")
        .isEmpty();
    assertThat(problems()).isEmpty();
  }

  @Test
  void what_a_storage_did_not_remove_is_still_there_and_its_job_is_due_again() throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL);
    String row = listed(REAL, "", VICTIMS_JOB, "bravo", run);
    whole("repo", row);
    assertThat(begins(VICTIMS_JOB, REAL)).isTrue();
    MigratedDatabase.execute(
        device,
        "SELECT holdfast.forget_judged('alpha', 'repo', CAST(? AS uuid), '[]')",
        VICTIMS_JOB);
    assertThat(whole("repo", row)).containsEntry("refused", 1).containsEntry("forgotten", 0);
    assertThat(wall.database().rows("SELECT FROM snapshots WHERE forgetting_since IS NULL"))
        .hasSize(1);
    assertThat(wall.database().rows("SELECT FROM holdfast.retention_applied")).isEmpty();
  }

  @Test
  void a_list_that_was_read_before_a_forget_and_written_down_after_it_hides_nothing()
      throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL);
    String row = listed(REAL, "", VICTIMS_JOB, "bravo", run);
    whole("repo", row);
    String slow = begun();
    assertThat(begins(VICTIMS_JOB, REAL)).isTrue();
    String afterForget = begun();
    written("repo", slow, row);
    assertThat(ended("repo", afterForget))
        .containsEntry("forgotten", 1)
        .containsEntry("refused", 0);
    assertThat(ended("repo", slow)).containsEntry("vanished", 0);
    assertThat(wall.database().rows("SELECT FROM snapshots")).isEmpty();
  }

  private boolean begins(String job, String... ids) throws SQLException {
    return Boolean.TRUE.equals(
        MigratedDatabase.rows(
                device,
                "SELECT holdfast.forget_begins('alpha', 'repo', CAST(? AS uuid), CAST(? AS text[])) AS ok",
                job,
                "{" + String.join(",", ids) + "}")
            .getFirst()
            .get("ok"));
  }

  /** So many of the job's snapshots, of which some were kept by its policy the last time. */
  private String[] snapshots(int there, int judged) throws SQLException {
    wall.database().execute("DELETE FROM snapshots");
    wall.database()
        .execute(
            "INSERT INTO snapshots (repository_id, id, time, job_id, device_id, host, told, kept_by)"
                + " SELECT 'repo', lpad(n::text, 64, '0'), now(), CAST(? AS uuid), 'bravo', 'h', true,"
                + " CASE WHEN n > ? THEN '{last snapshot}'::text[] END FROM generate_series(1, ?) n",
            VICTIMS_JOB,
            there - judged,
            there);
    return wall.database().rows("SELECT id FROM snapshots ORDER BY id").stream()
        .map(row -> String.valueOf(row.get("id")))
        .toArray(String[]::new);
  }

  private static String[] first(int n, String... ids) {
    return Arrays.copyOf(ids, n);
  }

  private static String[] last(int n, String... ids) {
    return Arrays.copyOfRange(ids, ids.length - n, ids.length);
  }

  @Test
  void a_forget_of_most_of_a_jobs_snapshots_waits_for_an_admin() throws Exception {
    String[] ids = snapshots(30, 0);
    assertThat(begins(VICTIMS_JOB, first(15, ids))).as("half").isTrue();
    assertThat(begins(VICTIMS_JOB, first(16, ids))).as("more").isFalse();
    ids = snapshots(11, 0);
    assertThat(begins(VICTIMS_JOB, first(10, ids))).as("a few").isTrue();
    ids = snapshots(100, 14);
    assertThat(begins(VICTIMS_JOB, first(86, ids))).as("what has come since").isTrue();
    assertThat(begins(VICTIMS_JOB, last(60, ids))).as("what was kept").isFalse();
    assertThat(
            wall.database()
                .rows(
                    "SELECT FROM snapshots WHERE forgetting_since IS NOT NULL AND id > ?", ids[85]))
        .isEmpty();

    try (Connection admin = wall.connect(Part.ADMIN)) {
      MigratedDatabase.execute(admin, "SELECT holdfast.allow_forget(CAST(? AS uuid))", VICTIMS_JOB);
      assertThat(begins(VICTIMS_JOB, last(60, ids))).as("allowed").isTrue();
      assertThat(begins(VICTIMS_JOB, last(60, ids))).as("once").isFalse();
      MigratedDatabase.execute(
          admin, "SELECT holdfast.allow_forget(CAST(? AS uuid), always => true)", VICTIMS_JOB);
      assertThat(begins(VICTIMS_JOB, last(60, ids))).isTrue();
      assertThat(begins(VICTIMS_JOB, last(60, ids))).as("always").isTrue();
    }
    wall.database().execute("DELETE FROM holdfast.forget_allowed");
    wall.database()
        .execute("INSERT INTO settings (key, value) VALUES ('forget_brake_percent', '100')");
    assertThat(begins(VICTIMS_JOB, ids)).as("switched off").isTrue();
  }

  @Test
  void a_policy_judges_what_counts_and_nothing_else() throws Exception {
    UUID run = tells(victim, "bravo", VICTIMS_JOB, REAL);
    String future = "d".repeat(64);
    UUID early = tells(victim, "bravo", VICTIMS_JOB, future);
    whole(
        "repo",
        listed(REAL, "", VICTIMS_JOB, "bravo", run),
        listed(FORGED, "", VICTIMS_JOB, "bravo", run),
        listed(future, "", VICTIMS_JOB, "bravo", early).replace("2026-01-02T03", "2099-01-02T03"));
    assertThat(
            MigratedDatabase.rows(
                device,
                "SELECT id, local_time::text AS local FROM"
                    + " holdfast.forget_candidates('alpha', 'repo', CAST(? AS uuid))",
                VICTIMS_JOB))
        .containsExactly(Map.of("id", REAL, "local", "2026-01-02 04:04:05"));
    assertThat(
            MigratedDatabase.rows(
                device,
                "SELECT * FROM holdfast.copies_wanted('alpha', 'repo', 'target', CAST(? AS text[])) AS id",
                "{" + REAL + "," + FORGED + "," + future + "}"))
        .containsExactly(Map.of("id", REAL));
    assertThat(wall.database().rows("SELECT id, reason FROM untold_snapshots ORDER BY id"))
        .containsExactly(
            Map.of("id", FORGED, "reason", "untold"), Map.of("id", future, "reason", "future"));
    assertThat(problems())
        .containsExactly(Map.of("code", "snapshots-untold", "severity", "warning"));
    whole("repo", listed(REAL, "", VICTIMS_JOB, "bravo", run));
    assertThat(problems())
        .as("the planted one is gone, and that of the wrong clock has vanished")
        .containsExactly(Map.of("code", "snapshots-vanished", "severity", "error"));
  }

  /** Told by the run where the snapshot itself does not say what is in it, as with restic 0.14. */
  @Test
  void a_snapshot_that_holds_nothing_or_next_to_nothing_is_judged_as_hollow() throws Exception {
    Map<String, String> snapshots =
        Map.of(
            "1".repeat(64), "total_files_processed = 20",
            "2".repeat(64), "total_files_processed = 0",
            "3".repeat(64),
                "total_files_processed = 1, status = 'failed', outcome = 'partial', metadata ="
                    + " '{\"code\": \"source-shrunken\"}'",
            "4".repeat(64),
                "total_files_processed = 19, status = 'failed', outcome = 'partial', metadata ="
                    + " '{\"code\": \"source-unreadable\"}'",
            "5".repeat(64), "total_files_processed = NULL");
    for (Map.Entry<String, String> snapshot : snapshots.entrySet()) {
      UUID run = tells(victim, "bravo", VICTIMS_JOB, snapshot.getKey());
      wall.database()
          .execute("UPDATE runs SET " + snapshot.getValue() + " WHERE run_uuid = ?", run);
      list("repo", listed(snapshot.getKey(), "", VICTIMS_JOB, "bravo", run));
    }
    assertThat(
            MigratedDatabase.rows(
                device,
                "SELECT left(id, 1) AS id FROM holdfast.forget_candidates('alpha', 'repo', CAST(? AS"
                    + " uuid)) WHERE hollow ORDER BY 1",
                VICTIMS_JOB))
        .containsExactly(Map.of("id", "2"), Map.of("id", "3"));
  }

  @Test
  void the_last_good_run_says_what_a_job_held_until_an_admin_accepts_less() throws Exception {
    wall.database().execute("DELETE FROM runs WHERE job_id = CAST(? AS uuid)", VICTIMS_JOB);
    assertThat(contents()).isEqualTo("unknown, not accepted");
    UUID good = tells(victim, "bravo", VICTIMS_JOB, REAL, "-1 hour");
    wall.database().execute("UPDATE runs SET total_files_processed = 20 WHERE run_uuid = ?", good);
    UUID shrunken = tells(victim, "bravo", VICTIMS_JOB, FORGED);
    wall.database()
        .execute(
            "UPDATE runs SET total_files_processed = 1, status = 'failed', outcome = 'partial',"
                + " metadata = '{\"code\": \"source-shrunken\"}' WHERE run_uuid = ?",
            shrunken);
    assertThat(contents()).isEqualTo("20, not accepted");
    try (Connection admin = wall.connect(Part.ADMIN)) {
      MigratedDatabase.execute(
          admin, "SELECT holdfast.accept_contents(CAST(? AS uuid))", VICTIMS_JOB);
    }
    assertThat(contents()).isEqualTo("20, accepted");
    UUID next = tells(victim, "bravo", VICTIMS_JOB, "9".repeat(64), "1 minute");
    wall.database().execute("UPDATE runs SET total_files_processed = 1 WHERE run_uuid = ?", next);
    assertThat(contents()).as("the next run is the measure").isEqualTo("1, not accepted");
  }

  private String contents() throws SQLException {
    return String.valueOf(
        MigratedDatabase.rows(
                victim,
                "SELECT coalesce(files::text, 'unknown') || CASE WHEN accepted THEN ', accepted' ELSE"
                    + " ', not accepted' END AS c FROM holdfast.contents_of('bravo', CAST(? AS uuid),"
                    + " now() + interval '1 hour')",
                VICTIMS_JOB)
            .getFirst()
            .get("c"));
  }
}
