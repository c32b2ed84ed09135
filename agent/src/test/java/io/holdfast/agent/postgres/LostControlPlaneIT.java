package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.rebuild.Rebuilt;
import io.holdfast.agent.rebuild.Reconstruction;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.testing.ControlPlane;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What snapshots tell takes the place of what nobody knows, and of nothing else. */
class LostControlPlaneIT {

  private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private final ControlPlane psql = ControlPlane.fresh();
  private final UUID job = job();

  private UUID job() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web 1', 'linux')");
    return psql.job("web-01", "www", "/srv");
  }

  private UUID run(String status, String metadata) {
    UUID run = UUID.randomUUID();
    psql.execute(
        "INSERT INTO runs (run_uuid, job_id, device_id, start_time, end_time, status, metadata)"
            + " SELECT ?, ?, 'web-01', now(), CASE WHEN s = 'failed' THEN now() END, s, ?::jsonb"
            + " FROM (VALUES (?)) v (s)",
        run,
        job,
        metadata,
        status);
    return run;
  }

  private SnapshotEntry snapshot(UUID run) {
    return snapshot(run, start);
  }

  private SnapshotEntry snapshot(UUID run, Instant start) {
    return new SnapshotEntry(
        run.toString().replace("-", "").repeat(2),
        Optional.empty(),
        start,
        ZoneOffset.UTC,
        "Web 1",
        List.of("/srv"),
        List.of("backup:" + job, "device=web-01", "run=" + run),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private Map<String, Object> row(UUID run) {
    return psql.row(
        "SELECT outcome, snapshot_id IS NOT NULL AS has_snapshot FROM runs WHERE run_uuid = ?",
        run);
  }

  @Test
  void a_snapshot_from_the_future_keeps_none_of_the_others_out() throws Exception {
    try (LostControlPlane lost =
        new LostControlPlane(psql.member("backup_admin", "admin-password"))) {
      List<SnapshotEntry> snapshots =
          List.of(
              snapshot(new UUID(7, 7)), snapshot(new UUID(8, 8), start.plus(Duration.ofDays(400))));
      assertThat(lost.add(Reconstruction.of(snapshots, lost.known()), false))
          .isEqualTo(new LostControlPlane.Added(0, 0, 1, 0));
    }
  }

  @Test
  void a_run_of_another_device_is_not_closed_by_a_snapshot_that_names_it() throws Exception {
    UUID open = run("running", "{}");
    SnapshotEntry forged = snapshot(open);
    SnapshotEntry other =
        new SnapshotEntry(
            forged.id(),
            forged.time(),
            "db",
            List.of("/srv"),
            List.of("backup:" + UUID.randomUUID(), "device=db-01", "run=" + open));
    try (LostControlPlane lost =
        new LostControlPlane(psql.member("backup_admin", "admin-password"))) {
      assertThat(lost.add(Reconstruction.of(List.of(other), lost.known()), false).runs()).isZero();
      assertThat(psql.row("SELECT status, snapshot_id FROM runs WHERE run_uuid = ?", open))
          .containsEntry("status", "running");
    }
  }

  @Test
  void runs_that_were_left_open_are_closed_by_their_snapshots_and_told_ones_stay()
      throws Exception {
    UUID told = run("failed", "{}");
    UUID superseded = run("failed", "{\"provisional\": true}");
    UUID open = run("running", "{}");
    try (LostControlPlane lost =
        new LostControlPlane(psql.member("backup_admin", "admin-password"))) {
      List<SnapshotEntry> snapshots =
          List.of(snapshot(told), snapshot(superseded), snapshot(open), snapshot(new UUID(7, 7)));
      Rebuilt rebuilt = Reconstruction.of(snapshots, lost.known());
      assertThat(lost.add(rebuilt, false)).isEqualTo(new LostControlPlane.Added(0, 0, 3, 0));
      assertThat(row(told)).containsEntry("outcome", "failed").containsEntry("has_snapshot", false);
      for (UUID closed : List.of(superseded, open, new UUID(7, 7))) {
        assertThat(row(closed))
            .containsEntry("outcome", "success")
            .containsEntry("has_snapshot", true);
        assertThat(psql.row("SELECT error_message FROM runs WHERE run_uuid = ?", closed))
            .hasEntrySatisfying(
                "error_message",
                said ->
                    assertThat((String) said)
                        .contains("does not tell whether something could not be read"));
      }
      assertThat(lost.add(Reconstruction.of(snapshots, lost.known()), false))
          .as("safe to repeat")
          .isEqualTo(new LostControlPlane.Added(0, 0, 0, 0));
    }
  }
}
