package io.holdfast.agent.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.agent.job.Device;
import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.JobKind;
import io.holdfast.agent.job.RunLimits;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.rebuild.Rebuilt.DeviceRow;
import io.holdfast.agent.rebuild.Rebuilt.JobRow;
import io.holdfast.agent.rebuild.Rebuilt.RunRow;
import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReconstructionTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final UUID JOB = new UUID(1, 1);
  private static final UUID OTHER_JOB = new UUID(2, 2);
  private static final Known NOTHING = new Known(Map.of(), Map.of(), Set.of(), Set.of());

  private static String id(int number) {
    return String.format(Locale.ROOT, "%08x", number) + "0".repeat(56);
  }

  private static SnapshotEntry snapshot(
      int number, String host, List<String> paths, List<String> tags) {
    return new SnapshotEntry(
        id(number),
        Optional.empty(),
        NOON.plus(Duration.ofHours(number)),
        ZoneOffset.UTC,
        host,
        paths,
        tags,
        Optional.of(NOON.plus(Duration.ofHours(number)).plusSeconds(7)),
        Optional.of("0.18.0"),
        Optional.empty());
  }

  /** As our own agent tags it. */
  private static SnapshotEntry ours(int number, Job job, String deviceId, String deviceName) {
    return snapshot(
        number,
        deviceName,
        job.sourcePaths(),
        SnapshotTags.of(job, new Device(deviceId, deviceName, true, false), new UUID(9, number)));
  }

  private static Job job(UUID id, String name, Optional<String> origin) {
    return new Job(
        id,
        name,
        List.of("/srv"),
        List.of(),
        List.of("daily"),
        List.of(),
        origin,
        Optional.of(new UUID(3, 3)),
        RunLimits.USUAL);
  }

  @Test
  void what_our_tags_say_comes_back_as_it_was() {
    Job job = job(JOB, "blade/home", Optional.of("blade"));
    Rebuilt rebuilt = Reconstruction.of(List.of(ours(1, job, "web-01", "Web 1")), NOTHING);
    assertThat(rebuilt.devices()).containsExactly(new DeviceRow("web-01", "Web 1", "linux"));
    assertThat(rebuilt.jobs())
        .containsExactly(
            new JobRow(
                JOB,
                "web-01",
                "blade/home",
                JobKind.FILES,
                List.of("/srv"),
                List.of("daily"),
                Optional.of("blade"),
                Optional.of(new UUID(3, 3)),
                1,
                NOON.plus(Duration.ofHours(1))));
    assertThat(rebuilt.runs())
        .containsExactly(
            new RunRow(
                new UUID(9, 1),
                Optional.of(JOB),
                JOB,
                "blade/home",
                "web-01",
                NOON.plus(Duration.ofHours(1)),
                NOON.plus(Duration.ofHours(1)).plusSeconds(7),
                id(1),
                Optional.empty(),
                Optional.of("0.18.0")));
  }

  @Test
  void an_origin_that_says_what_the_device_is_called_is_none_of_the_jobs_own() {
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(ours(1, job(JOB, "home", Optional.empty()), "web-01", "Web, 1")), NOTHING);
    assertThat(rebuilt.jobs().getFirst().originName()).isEmpty();
  }

  @Test
  void the_newest_snapshot_says_what_a_job_is_called_and_reads_and_whose_it_is() {
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(
                ours(2, job(JOB, "new name", Optional.empty()), "new-01", "New"),
                ours(1, job(JOB, "old name", Optional.empty()), "old-01", "Old")),
            NOTHING);
    assertThat(rebuilt.jobs()).hasSize(1);
    assertThat(rebuilt.jobs().getFirst().name()).isEqualTo("new name");
    assertThat(rebuilt.jobs().getFirst().deviceId()).isEqualTo("new-01");
    assertThat(rebuilt.devices()).extracting(DeviceRow::id).contains("old-01", "new-01");
    assertThat(rebuilt.runs())
        .extracting(RunRow::deviceId, RunRow::jobId, RunRow::jobName)
        .containsExactly(
            tuple("old-01", Optional.empty(), "old name"),
            tuple("new-01", Optional.of(JOB), "new name"));
  }

  @Test
  void relicas_snapshots_get_a_device_by_their_host_name() {
    List<String> relica = List.of("backup:" + JOB, "backup_name=laptop/home", "origin=laptop");
    Rebuilt alone =
        Reconstruction.of(
            List.of(snapshot(1, "jane's laptop", List.of("C:\\Users\\jane"), relica)), NOTHING);
    assertThat(alone.devices())
        .containsExactly(new DeviceRow("jane-s-laptop", "jane's laptop", "windows"));
    assertThat(alone.runs().getFirst().uuid())
        .as("the same at every repetition")
        .isEqualTo(
            Reconstruction.of(
                    List.of(snapshot(1, "jane's laptop", List.of("C:\\Users\\jane"), relica)),
                    NOTHING)
                .runs()
                .getFirst()
                .uuid());
    Rebuilt beside =
        Reconstruction.of(
            List.of(
                snapshot(1, "Web 1", List.of("/srv"), relica),
                ours(2, job(OTHER_JOB, "www", Optional.empty()), "web-01", "Web 1")),
            NOTHING);
    assertThat(beside.devices()).containsExactly(new DeviceRow("web-01", "Web 1", "linux"));
    Known byHostname =
        new Known(
            Map.of("web-01", new Known.Device("Web 1", Optional.of("web1.example"))),
            Map.of(),
            Set.of(),
            Set.of());
    Rebuilt known =
        Reconstruction.of(
            List.of(snapshot(1, "web1.example", List.of("/srv"), relica)), byHostname);
    assertThat(known.devices()).isEmpty();
    assertThat(known.jobs().getFirst().deviceId()).isEqualTo("web-01");
  }

  @Test
  void snapshots_without_our_tags_are_counted_and_left_alone() {
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(
                snapshot(1, "web-01", List.of("/srv"), List.of()),
                snapshot(2, "web-01", List.of("/srv"), List.of("backup:by-hand", "device=web-01"))),
            NOTHING);
    assertThat(rebuilt).isEqualTo(new Rebuilt(List.of(), List.of(), List.of(), 2, 2, 0));
  }

  @Test
  void what_is_there_stays_as_it_is() {
    Job job = job(JOB, "home", Optional.empty());
    Known known =
        new Known(
            Map.of("web-01", new Known.Device("Renamed", Optional.empty())),
            Map.of(JOB, new Known.Job("web-01", "home")),
            Set.of(new UUID(9, 1)),
            Set.of(id(2).substring(0, 8)));
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(
                ours(1, job, "web-01", "Web 1"),
                ours(7, job, "web-01", "Web 1"),
                snapshot(2, "Web 1", List.of("/srv"), List.of("backup:" + JOB))),
            known);
    assertThat(rebuilt.devices()).isEmpty();
    assertThat(rebuilt.jobs()).isEmpty();
    assertThat(rebuilt.runs()).extracting(RunRow::snapshotId).containsExactly(id(7));
    assertThat(rebuilt.runsKnown()).isEqualTo(2);
  }

  @Test
  void two_jobs_of_one_name_keep_apart_and_the_newer_keeps_it() {
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(
                ours(1, job(JOB, "home", Optional.empty()), "web-01", "Web 1"),
                ours(2, job(OTHER_JOB, "home", Optional.empty()), "web-01", "Web 1")),
            NOTHING);
    assertThat(rebuilt.jobs())
        .extracting(JobRow::id, JobRow::name)
        .containsExactly(tuple(OTHER_JOB, "home"), tuple(JOB, "home (00000000)"));
  }

  @Test
  void a_job_that_dumps_the_control_plane_comes_back_as_one_without_source_paths() {
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(
                snapshot(
                    1,
                    "db-01",
                    List.of("/var/lib/holdfast/control-plane-dump/x/control-plane.dump"),
                    List.of("backup:" + JOB, "device=db-01", "kind=control-plane"))),
            NOTHING);
    assertThat(rebuilt.jobs().getFirst().kind()).isEqualTo(JobKind.CONTROL_PLANE);
    assertThat(rebuilt.jobs().getFirst().sourcePaths()).isEmpty();
    assertThat(rebuilt.jobs().getFirst().tags()).isEmpty();
    assertThat(rebuilt.jobs().getFirst().name()).isEqualTo(JOB.toString());
  }

  @Test
  void paths_that_no_row_may_hold_are_left_out_and_a_job_of_nothing_else_is_kept_as_history() {
    Rebuilt rebuilt =
        Reconstruction.of(
            List.of(
                snapshot(
                    1, "a", List.of("/srv", "/odd\nname", "/blank "), List.of("backup:" + JOB)),
                snapshot(2, "a", List.of("/odd\nname"), List.of("backup:" + OTHER_JOB))),
            NOTHING);
    assertThat(rebuilt.jobs()).hasSize(1);
    assertThat(rebuilt.jobs().getFirst().sourcePaths()).containsExactly("/srv");
    assertThat(rebuilt.runs().getLast().jobId()).isEmpty();
    assertThat(rebuilt.runs().getLast().jobName()).isEqualTo(OTHER_JOB.toString());
  }

  @Test
  void a_copy_of_a_snapshot_that_a_run_names_is_no_run_of_its_own() {
    SnapshotEntry relicas =
        snapshot(1, "blade", List.of("/srv"), List.of("backup:" + JOB, "backup_name=home"));
    SnapshotEntry copy =
        new SnapshotEntry(
            id(2),
            Optional.of(relicas.id()),
            relicas.time(),
            relicas.offset(),
            relicas.host(),
            relicas.paths(),
            relicas.tags(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    Known known = new Known(Map.of(), Map.of(), Set.of(new UUID(5, 5)), Set.of(relicas.id()));
    assertThat(Reconstruction.of(List.of(copy), known).runs()).isEmpty();
  }
}
