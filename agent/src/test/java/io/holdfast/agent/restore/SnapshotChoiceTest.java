package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore.Kind;
import io.holdfast.agent.run.Told;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which snapshot is meant. */
class SnapshotChoiceTest {

  private static final JobRef WWW = new JobRef(new UUID(1, 1), "www");
  private static final JobRef HOME = new JobRef(new UUID(2, 2), "home");
  private static final UUID GONE = new UUID(3, 3);

  private static SnapshotEntry snapshot(String id, String time, String... tags) {
    return new SnapshotEntry(
        id + "0".repeat(64 - id.length()),
        Instant.parse(time),
        "web-01",
        List.of("/srv/www"),
        List.of(tags));
  }

  private static final List<SnapshotEntry> SNAPSHOTS =
      List.of(
          snapshot("abcdef11", "2026-11-03T02:00:00Z", "backup:" + WWW.id(), "backup_name=www"),
          snapshot("abcdef22", "2026-11-02T02:00:00Z", "backup:" + WWW.id(), "backup_name=www"),
          snapshot("99990000", "2026-11-02T01:00:00Z", "by-hand"),
          snapshot("12345678", "2026-11-01T02:00:00Z", "backup:" + WWW.id(), "backup_name=www"),
          snapshot("feed0000", "2026-10-01T02:00:00Z", "backup:" + GONE, "backup_name=old"));

  private static SnapshotChoice choice(JobRef... more) {
    List<JobRef> jobs = new java.util.ArrayList<>(List.of(WWW, HOME));
    jobs.addAll(List.of(more));
    return new SnapshotChoice(jobs, SNAPSHOTS, _ -> true, "this device", ZoneOffset.UTC);
  }

  private static String chosen(String what) throws CannotRestore {
    return choice().one(what, Optional.empty()).shortId();
  }

  private static Optional<Instant> at(String moment) {
    return Optional.of(Instant.parse(moment));
  }

  private static void refused(SnapshotChoice choice, String what, Kind kind, String... said) {
    assertThatThrownBy(() -> choice.one(what, Optional.empty()))
        .isInstanceOfSatisfying(
            CannotRestore.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(e.getMessage() + ". " + e.remedy()).contains(said);
            });
  }

  @Test
  void a_job_by_name_or_id_means_its_latest_snapshot() throws Exception {
    assertThat(chosen("www")).isEqualTo("abcdef11");
    assertThat(chosen(WWW.id().toString())).isEqualTo("abcdef11");
    assertThat(chosen(WWW.id().toString().toUpperCase(java.util.Locale.ROOT)))
        .isEqualTo("abcdef11");
  }

  @Test
  void the_beginning_of_an_id_is_enough_if_only_one_begins_so() throws Exception {
    assertThat(chosen("12345678")).isEqualTo("12345678");
    assertThat(chosen("1234")).isEqualTo("12345678");
    assertThat(chosen("ABCDEF1")).isEqualTo("abcdef11");
    assertThat(chosen(SNAPSHOTS.get(2).id())).isEqualTo("99990000");
  }

  @Test
  void an_id_that_fits_two_is_refused_and_both_are_named() {
    refused(
        choice(),
        "abcdef",
        Kind.REFUSED,
        "2 snapshots have an id that begins with \"abcdef\"",
        SNAPSHOTS.get(0).id(),
        SNAPSHOTS.get(1).id());
  }

  @Test
  void what_is_neither_job_nor_snapshot_is_refused_and_the_jobs_are_named() {
    refused(
        choice(), "wwww", Kind.REFUSED, "this device has no job \"wwww\"", "It has: www, home.");
    refused(choice(), "deadbeef", Kind.REFUSED, "no snapshot has an id that begins with");
    refused(choice(), "--target=/", Kind.REFUSED, "this device has no job \"--target=/\"");
    refused(choice(), "abc", Kind.REFUSED, "this device has no job \"abc\"");
    refused(choice(), "latest", Kind.MISSPOKEN, "\"latest\" does not say of which job");
    refused(choice(), new UUID(9, 9).toString(), Kind.REFUSED, "and no snapshot is tagged with it");
    refused(choice(), "home", Kind.REFUSED, "holds no snapshot of job \"home\"");
  }

  @Test
  void a_job_that_is_gone_is_found_by_its_id_through_the_tags() throws Exception {
    assertThat(chosen(GONE.toString())).isEqualTo("feed0000");
    refused(choice(), "old", Kind.REFUSED, "has no job \"old\"");
  }

  @Test
  void two_jobs_of_one_name_must_be_told_apart() {
    refused(
        choice(new JobRef(GONE, "www")),
        "www",
        Kind.REFUSED,
        "2 jobs are called \"www\"",
        GONE.toString());
  }

  @Test
  void a_job_whose_name_begins_an_id_is_not_guessed_at() {
    refused(
        choice(new JobRef(GONE, "feed")),
        "feed",
        Kind.REFUSED,
        "is a job and the beginning of a snapshot's id as well");
  }

  @Test
  void at_a_moment_the_newest_that_is_not_after_it_is_meant() throws Exception {
    assertThat(choice().one("www", at("2026-11-02T01:59:59Z")).shortId()).isEqualTo("12345678");
    assertThat(choice().one("www", at("2026-11-02T02:00:00Z")).shortId()).isEqualTo("abcdef22");
    assertThatThrownBy(() -> choice().one("www", at("2026-11-01T01:59:59Z")))
        .hasMessageContaining("has no snapshot from before 2026-11-01 01:59:59");
    assertThatThrownBy(() -> choice().one("abcdef11", at("2026-11-02T02:00:00Z")))
        .isInstanceOfSatisfying(
            CannotRestore.class, e -> assertThat(e.kind()).isEqualTo(Kind.MISSPOKEN))
        .hasMessageContaining("is one snapshot");
  }

  @Test
  void what_was_made_under_another_name_of_the_device_is_its_own_and_what_others_made_is_not() {
    SnapshotOwner owner = new SnapshotOwner("web-01", List.of(WWW));
    assertThat(SNAPSHOTS.stream().filter(owner::owns).map(SnapshotEntry::shortId))
        .containsExactly("abcdef11", "abcdef22", "12345678");
    SnapshotEntry ofGoneJob = snapshot("aaaa", "2026-11-03T02:00:00Z", "device=web-01");
    SnapshotEntry ofOther = snapshot("bbbb", "2026-11-03T02:00:00Z", "device=web-010");
    assertThat(owner.owns(ofGoneJob)).isTrue();
    assertThat(owner.owns(ofOther)).isFalse();
    Told nothing = new Told(List.of(), true);
    assertThatThrownBy(() -> owner.checkInPlace(ofOther, nothing, true, Instant.MAX))
        .hasMessageContaining("is of device \"web-010\"");
  }

  @Test
  void what_no_run_has_told_of_is_no_jobs_latest_but_can_be_named() throws Exception {
    SnapshotChoice choice =
        new SnapshotChoice(
            List.of(WWW),
            SNAPSHOTS,
            snapshot -> snapshot.shortId().equals("12345678"),
            "this device",
            ZoneOffset.UTC);
    assertThat(choice.one("www", Optional.empty()).shortId()).isEqualTo("12345678");
    assertThat(choice.one("abcdef11", Optional.empty()).shortId()).isEqualTo("abcdef11");
    SnapshotChoice none =
        new SnapshotChoice(List.of(WWW), SNAPSHOTS, _ -> false, "this device", ZoneOffset.UTC);
    refused(none, "www", Kind.REFUSED, "told of any of the 3 snapshots", "name the one");
  }
}
