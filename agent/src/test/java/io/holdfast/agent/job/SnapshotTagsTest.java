package io.holdfast.agent.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SnapshotTagsTest {

  private static final UUID JOB = UUID.fromString("11111111-2222-3333-4444-555555555555");
  private static final UUID RUN = UUID.fromString("01900000-0000-7000-8000-000000000000");
  private static final Device DEVICE = new Device("web-01", "Web, 1", true, false);

  private static Job job(String name, Optional<String> origin, Optional<UUID> account) {
    return new Job(
        JOB,
        name,
        List.of("/srv"),
        List.of(),
        List.of("weekly"),
        List.of(),
        origin,
        account,
        RunLimits.USUAL);
  }

  @Test
  void the_tags_are_those_of_relica_and_ours_and_the_jobs_own() {
    assertThat(
            SnapshotTags.of(job("blade/home", Optional.of("blade"), Optional.of(RUN)), DEVICE, RUN))
        .containsExactly(
            "backup:" + JOB,
            "backup_name=blade/home",
            "origin=blade",
            "account_id=" + RUN,
            "device=web-01",
            "run=" + RUN,
            "weekly");
  }

  @Test
  void without_an_origin_the_device_is_named_and_without_an_account_there_is_no_such_tag() {
    assertThat(SnapshotTags.of(job("home", Optional.empty(), Optional.empty()), DEVICE, RUN))
        .contains("origin=Web; 1")
        .noneMatch(tag -> tag.startsWith("account_id"));
  }

  @Test
  void no_tag_holds_a_comma_since_restic_splits_there() {
    assertThat(SnapshotTags.of(job("a,b", Optional.of("c,d"), Optional.empty()), DEVICE, RUN))
        .contains("backup_name=a;b", "origin=c;d")
        .noneMatch(tag -> tag.contains(","));
  }

  @Test
  void a_tag_of_the_jobs_own_says_nothing_that_is_the_agents_to_say() {
    List<String> wrong =
        List.of(
            "backup:" + RUN,
            "backup_name=x",
            "origin=x",
            "account_id=" + JOB,
            "device=other",
            "run=" + JOB,
            "kind=control-plane",
            " backup:" + RUN,
            "\t\u00a0\u2003\u0085run=" + JOB);
    List<String> right =
        List.of("weekly", "backup", "backups:x", "my-run=1", "Device=x", "kind", "runner=x", "=");
    assertThat(wrong).allMatch(SnapshotTags::isReserved);
    assertThat(right).noneMatch(SnapshotTags::isReserved);
    Job job =
        new Job(
            JOB,
            "home",
            List.of("/srv"),
            List.of(),
            Stream.concat(wrong.stream(), right.stream()).toList(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            RunLimits.USUAL);
    assertThat(SnapshotTags.of(job, DEVICE, RUN))
        .containsExactlyElementsOf(
            Stream.concat(
                    Stream.of(
                        "backup:" + JOB,
                        "backup_name=home",
                        "origin=Web; 1",
                        "device=web-01",
                        "run=" + RUN),
                    right.stream())
                .toList());
  }

  @Test
  void a_dump_of_the_control_plane_is_found_by_its_kind() {
    Job dump =
        new Job(
            JOB,
            "control plane",
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            RunLimits.USUAL,
            JobKind.CONTROL_PLANE);
    assertThat(SnapshotTags.of(dump, DEVICE, RUN)).contains("backup:" + JOB, "kind=control-plane");
    assertThat(SnapshotTags.of(job("home", Optional.empty(), Optional.empty()), DEVICE, RUN))
        .noneMatch(tag -> tag.startsWith("kind="));
  }
}
