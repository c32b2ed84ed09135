package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.run.HousekeepingRun;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.Verdict;
import io.holdfast.agent.testing.ControlPlane;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the control plane itself makes of leases, passes and ends of housekeeping. */
class HousekeepingRowsIT {

  private static final UUID RUN = new UUID(2, 1);

  private final ControlPlane psql = ControlPlane.fresh();

  @BeforeEach
  void aHousekeeper() {
    psql.execute(
        "INSERT INTO devices (id, name, platform) VALUES ('nas', 'NAS', 'linux'), ('web-01', 'Web 1', 'linux')");
    psql.execute("UPDATE devices SET housekeeper = true WHERE id = 'nas'");
  }

  private long take() {
    return (Long)
        Objects.requireNonNull(
            psql.row("SELECT holdfast.lease_take('nas', 'repo', 'prune', ?, 300) AS token", RUN)
                .get("token"));
  }

  private @Nullable Object renewed(long token) {
    return psql.rows("SELECT holdfast.lease_renew('nas', 'repo', ?, 300) AS backups", token)
        .getFirst()
        .get("backups");
  }

  private void ran(String kind, String status, String code) {
    psql.execute(
        "INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by, lease_token, start_time,"
            + " end_time, status, code, message, housekeeping_id)"
            + " VALUES (gen_random_uuid(), ?, 'repo', 'nas', 'manual', 1, now(), now(), ?, nullif(?, ''), 'x',"
            + " (SELECT id FROM housekeeping))",
        kind,
        status,
        code);
  }

  private List<String> problems() {
    return psql.rows("SELECT code FROM problems ORDER BY code").stream()
        .map(row -> String.valueOf(row.get("code")))
        .toList();
  }

  @Test
  void a_housekeeper_must_say_whose_job_it_means_if_several_have_that_name() {
    UUID one = psql.job("web-01", "home", "/a");
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-02', 'Web 2', 'linux')");
    psql.job("web-02", "home", "/b");
    assertThatThrownBy(() -> psql.rows("SELECT holdfast.policy_of('nas', 'home')"))
        .hasMessageContaining("several devices have a job \"home\": web-01, web-02");
    assertThat(psql.row("SELECT device_id FROM holdfast.policy_of('nas', ?)", one.toString()))
        .containsEntry("device_id", "web-01");
    psql.job("nas", "home", "/c");
    assertThat(psql.row("SELECT device_id FROM holdfast.policy_of('nas', 'home')"))
        .containsEntry("device_id", "nas");
  }

  @Test
  void a_run_that_comes_in_again_is_seen_again() {
    psql.rows("SELECT holdfast.backup_enters('web-01', 'repo', ?, 300)", RUN);
    psql.rows("SELECT holdfast.backup_leaves('web-01', ?)", RUN);
    psql.rows("SELECT holdfast.backup_enters('web-01', 'repo', ?, 300)", RUN);
    assertThat(renewed(take())).isEqualTo(1);
  }

  @Test
  void a_run_of_another_device_stays_what_it_is() {
    psql.rows("SELECT holdfast.backup_enters('web-01', 'repo', ?, 300)", RUN);
    psql.rows("SELECT holdfast.backup_enters('nas', 'elsewhere', ?, 300)", RUN);
    assertThat(renewed(take())).isEqualTo(1);
  }

  @Test
  void who_is_a_housekeeper_no_more_keeps_no_lease() {
    long token = take();
    assertThat(renewed(token)).isEqualTo(0);
    psql.execute("UPDATE devices SET housekeeper = false WHERE id = 'nas'");
    assertThat(renewed(token)).isNull();
  }

  @Test
  void damage_is_told_of_until_a_check_goes_well_whatever_comes_in_between() {
    ran("check", "failed", "repository-damaged");
    for (String code : List.of("kept-out", "no-sign", "lease-lost", "repository-unreachable")) {
      ran("check", "failed", code);
    }
    assertThat(problems()).containsExactly("repository-damaged", "repository-unreachable");
    ran("check-data", "success", "");
    assertThat(problems()).contains("repository-damaged");
    ran("check", "success", "");
    assertThat(problems()).isEmpty();
  }

  @Test
  void a_housekeeper_that_nobody_comes_after_is_closed_by_time() {
    take();
    psql.execute(
        "INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by, lease_token, start_time, status)"
            + " VALUES (?, 'prune', 'repo', 'nas', 'manual', 1, now() - interval '2 hours', 'running')",
        RUN);
    psql.execute("SELECT holdfast.sweep_repositories()");
    assertThat(psql.row("SELECT status FROM housekeeping_runs")).containsEntry("status", "running");
    psql.execute("UPDATE holdfast.repository_leases SET expires_at = now()");
    psql.execute("SELECT holdfast.sweep_repositories()");
    assertThat(psql.row("SELECT status, code FROM housekeeping_runs"))
        .isEqualTo(Map.of("status", "failed", "code", "no-sign"));
  }

  @Test
  void what_is_known_of_backups_goes_in_a_fleet_without_housekeepers_too() {
    psql.rows("SELECT holdfast.backup_enters('web-01', 'repo', ?, 300)", RUN);
    psql.rows("SELECT holdfast.backup_leaves('web-01', ?)", RUN);
    psql.execute("UPDATE holdfast.repository_users SET since = now() - interval '8 days'");
    psql.execute("UPDATE holdfast.last_sweep SET at = '-infinity', stale_at = '-infinity'");
    psql.execute("SELECT holdfast.sweep()");
    assertThat(psql.rows("SELECT FROM holdfast.repository_users")).isEmpty();
  }

  @Test
  void who_is_a_housekeeper_no_more_still_says_how_it_ended_and_holds_nothing_up()
      throws Exception {
    HousekeepingRun run =
        new HousekeepingRun(
            RUN,
            "prune",
            "repo",
            "nas",
            Optional.empty(),
            Optional.empty(),
            1,
            Instant.parse("2026-01-01T00:00:00Z"));
    HousekeepingEnded ended =
        new HousekeepingEnded(
            run,
            Instant.parse("2026-01-01T00:01:00Z"),
            Verdict.success(),
            Optional.of(0),
            Map.of(),
            "out",
            "");
    try (Database nas = Database.direct(psql.client("nas-password", "nas"))) {
      new PostgresHousekeepingBook(nas, "nas").begun(run);
      psql.execute("UPDATE devices SET housekeeper = false WHERE id = 'nas'");
      PostgresRunSink sink = new PostgresRunSink(nas);
      sink.ended(ended);
      assertThat(psql.row("SELECT status, restic_output FROM housekeeping_runs"))
          .isEqualTo(Map.of("status", "success", "restic_output", "out"));
      sink.ended(ended);
      psql.execute("DELETE FROM housekeeping_runs");
      sink.ended(ended);
      assertThat(psql.rows("SELECT FROM housekeeping_runs")).isEmpty();
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = 'nas'");
      sink.ended(ended);
      assertThat(psql.rows("SELECT FROM housekeeping_runs")).hasSize(1);
    }
  }

  @Test
  void no_sign_twice_in_a_row_is_not_the_same_as_once() {
    psql.execute(
        "INSERT INTO housekeeping (id, kind, schedule_type, interval_seconds) VALUES (1, 'prune', 'interval', 86400)");
    for (String expected : List.of("no-sign", "no-sign-again", "no-sign-again")) {
      ran("prune", "failed", "no-sign");
      assertThat(psql.row("SELECT last_code FROM holdfast.housekeeping_of('nas', 'repo')"))
          .containsEntry("last_code", expected);
    }
    ran("prune", "failed", "restic-failed");
    ran("prune", "failed", "no-sign");
    assertThat(psql.row("SELECT last_code FROM holdfast.housekeeping_of('nas', 'repo')"))
        .containsEntry("last_code", "no-sign");
  }

  private static final String LONG_ID = "abcdef01" + "2".repeat(56);
  private static final String LIKE_IT = "abcdef01" + "3".repeat(56);

  private static String key(String id, String user, boolean current) {
    return "{\"id\": \"%s\", \"user\": \"%s\", \"host\": \"h\", \"created\": \"now\", \"current\": %s}"
        .formatted(id, user, current);
  }

  private void seen(String... keys) {
    psql.rows(
        "SELECT holdfast.keys_seen('nas', 'repo', NULL, CAST(? AS jsonb))",
        "[" + String.join(",", keys) + "]");
  }

  private List<String> keys(String query) {
    return psql.rows(query).stream().map(row -> String.valueOf(row.get("id"))).toList();
  }

  private List<String> unknown() {
    return keys("SELECT id FROM holdfast.unknown_keys('repo')");
  }

  @Test
  void the_first_key_counts_until_a_new_password_has_taken_its_place() {
    seen(key(LONG_ID, "root", true), key("99999999", "evil", false));
    assertThat(unknown()).containsExactly("99999999");
    assertThat(problems()).containsExactly("repository-keys-unknown");
    seen(key(LONG_ID, "root", true));
    assertThat(problems()).as("what is not there any more is no problem").isEmpty();

    psql.execute(
        "INSERT INTO password_rotations (id, repository_id, old_key, new_key) VALUES (?, 'repo', ?, '88888888')",
        RUN,
        LONG_ID);
    seen(key(LONG_ID, "root", false), key("88888888", "holdfast", true));
    assertThat(unknown()).as("both are good meanwhile").isEmpty();
    psql.execute("UPDATE password_rotations SET finished_at = now()");
    assertThat(unknown()).containsExactly(LONG_ID);
    psql.execute(
        "INSERT INTO password_rotations (id, repository_id, old_key, new_key, finished_at)"
            + " VALUES (gen_random_uuid(), 'repo', '88888888', '77777777', now() + interval '1 hour')");
    seen(key("88888888", "holdfast", false), key("77777777", "holdfast", true));
    assertThat(unknown()).as("nor does the one before").containsExactly("88888888");
    psql.execute(
        "UPDATE password_rotations SET repository_id = 'elsewhere' WHERE new_key = '77777777'");
    assertThat(unknown()).as("another repository's").containsExactly("77777777");
  }

  @Test
  void a_shortened_id_is_that_of_the_whole_key_unless_several_begin_like_it() {
    seen(key("abcdef01", "root", true));
    psql.execute("UPDATE repository_keys SET known = true");
    seen(key(LONG_ID, "root", true));
    assertThat(keys("SELECT id FROM repository_keys WHERE known")).containsExactly(LONG_ID);
    seen(key("abcdef01", "root", true));
    assertThat(keys("SELECT id FROM repository_keys WHERE known"))
        .as("an older restic has looked")
        .containsExactly(LONG_ID);
    seen(key(LONG_ID, "root", true), key(LIKE_IT, "evil", false));
    assertThat(unknown()).as("made to begin like a known one").containsExactly(LIKE_IT);

    psql.execute("DELETE FROM repository_keys");
    seen(key("abcdef01", "root", true));
    seen(key(LONG_ID, "root", true), key(LIKE_IT, "evil", false));
    assertThat(unknown()).as("nobody knows which it was").containsExactly(LONG_ID, LIKE_IT);
  }

  @Test
  void what_somebody_has_written_into_a_key_is_cut_and_harmless() {
    seen(
        key(LONG_ID, "root", true),
        key("99999999", "evil\\u001b[31m\\u202e".repeat(50), false),
        key("no id", "x", false));
    Map<String, Object> row =
        psql.row("SELECT user_name FROM repository_keys WHERE id = '99999999'");
    assertThat((String) row.get("user_name")).hasSize(100).startsWith("evil?[31m?evil");
    assertThat(unknown()).containsExactly("99999999");
  }

  @Test
  void only_a_housekeeper_says_which_keys_there_are() {
    assertThatThrownBy(
            () -> psql.rows("SELECT holdfast.keys_seen('web-01', 'repo', NULL, '[]'::jsonb)"))
        .hasMessageContaining("device web-01 is no housekeeper");
  }
}
