package io.holdfast.agent.restore;

import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.SnapshotEntry;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which snapshot a person means: by the beginning of its id, or by its job and, if it is not the
 * latest, by a moment. What restic gets is always a full id that the repository itself has listed.
 */
public final class SnapshotChoice {

  private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{4,64}");
  private static final int SHOWN = 5;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  private final List<JobRef> jobs;
  private final List<SnapshotEntry> snapshots;
  private final Predicate<SnapshotEntry> counts;
  private final String whose;
  private final ZoneId zone;

  /**
   * @param jobs those that may be meant by a name
   * @param snapshots all of the repository, the newest first
   * @param counts whether a snapshot may be a job's latest: anybody with the repository's password
   *     can add one that looks like it
   * @param whose whose jobs they are, for people: {@code this device}
   * @param zone for times in messages
   */
  public SnapshotChoice(
      List<JobRef> jobs,
      List<SnapshotEntry> snapshots,
      Predicate<SnapshotEntry> counts,
      String whose,
      ZoneId zone) {
    this.jobs = List.copyOf(jobs);
    this.snapshots = List.copyOf(snapshots);
    this.counts = counts;
    this.whose = whose;
    this.zone = zone;
  }

  /**
   * The one snapshot that is meant.
   *
   * @param what an id, the beginning of one, a job's name or id
   * @param notAfter of a job, the newest that is not after this moment; else its latest
   * @throws CannotRestore if there is none, or more than one
   */
  public SnapshotEntry one(String what, Optional<Instant> notAfter) throws CannotRestore {
    List<JobRef> called = called(what);
    List<SnapshotEntry> byId = ID.matcher(what).matches() ? withId(what) : List.of();
    if (!called.isEmpty() && !byId.isEmpty()) {
      throw CannotRestore.refused(
          "\"" + what + "\" is a job and the beginning of a snapshot's id as well",
          "Name the job by its id " + called.getFirst().id() + ", or give more of the snapshot's.");
    }
    if (!byId.isEmpty()) {
      return single(what, byId, notAfter);
    }
    if (called.isEmpty()) {
      throw unknown(what);
    }
    return latest(only(what, called), notAfter);
  }

  /**
   * The job that is meant.
   *
   * @throws CannotRestore if there is none, or more than one
   */
  public JobRef job(String nameOrId) throws CannotRestore {
    List<JobRef> called = called(nameOrId);
    if (called.isEmpty()) {
      throw CannotRestore.refused(
          whose + " has no job \"" + nameOrId + "\"" + andNoSnapshotOfSuch(nameOrId), jobsThere());
    }
    return only(nameOrId, called);
  }

  private static String andNoSnapshotOfSuch(String what) {
    return isUuid(what) ? ", and no snapshot is tagged with it" : "";
  }

  /** A job that is gone is still known by its snapshots' tags. */
  private List<JobRef> called(String what) {
    List<JobRef> known = jobs.stream().filter(job -> job.isCalled(what)).toList();
    if (!known.isEmpty() || !isUuid(what)) {
      return known;
    }
    UUID id = UUID.fromString(what);
    return snapshots.stream()
        .filter(snapshot -> isOf(id, snapshot))
        .limit(1)
        .map(s -> new JobRef(id, SnapshotTags.jobNameIn(s.tags()).orElse(what)))
        .toList();
  }

  private static boolean isUuid(String text) {
    return text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  }

  private static boolean isOf(UUID job, SnapshotEntry snapshot) {
    return SnapshotTags.jobIn(snapshot.tags()).filter(job::equals).isPresent();
  }

  private List<SnapshotEntry> withId(String beginning) {
    String lower = beginning.toLowerCase(Locale.ROOT);
    return snapshots.stream().filter(snapshot -> snapshot.id().startsWith(lower)).toList();
  }

  private SnapshotEntry single(String what, List<SnapshotEntry> found, Optional<Instant> notAfter)
      throws CannotRestore {
    if (found.size() > 1) {
      throw CannotRestore.refused(
          found.size() + " snapshots have an id that begins with \"" + what + "\"",
          "Give more of it: "
              + found.stream().limit(SHOWN).map(SnapshotEntry::id).collect(Collectors.joining(", "))
              + ".");
    }
    if (notAfter.isPresent()) {
      throw CannotRestore.misspoken(
          "--at goes with a job, and \"" + what + "\" is one snapshot",
          "Leave one of the two out.");
    }
    return found.getFirst();
  }

  private static JobRef only(String what, List<JobRef> called) throws CannotRestore {
    if (called.size() > 1) {
      throw CannotRestore.refused(
          called.size() + " jobs are called \"" + what + "\"",
          "Name it by its id: "
              + called.stream().map(job -> job.id().toString()).collect(Collectors.joining(", "))
              + ".");
    }
    return called.getFirst();
  }

  private SnapshotEntry latest(JobRef job, Optional<Instant> notAfter) throws CannotRestore {
    List<SnapshotEntry> tagged = snapshots.stream().filter(s -> isOf(job.id(), s)).toList();
    if (tagged.isEmpty()) {
      throw CannotRestore.refused(
          "the repository holds no snapshot of job \"" + job.name() + "\"",
          "'holdfast runs' shows whether it ever ran; 'holdfast snapshots --all' lists what there is.");
    }
    List<SnapshotEntry> its = tagged.stream().filter(counts).toList();
    if (its.isEmpty()) {
      throw CannotRestore.refused(
          "no run is known to have told of any of the "
              + tagged.size()
              + " snapshots that bear the tag of job \""
              + job.name()
              + "\"",
          "'holdfast snapshots' lists them: look at them, and name the one that you mean by its id.");
    }
    return its.stream()
        .filter(s -> notAfter.map(moment -> !s.time().isAfter(moment)).orElse(true))
        .findFirst()
        .orElseThrow(() ->
            CannotRestore.refused(
                "job \""
                    + job.name()
                    + "\" has no snapshot from before "
                    + TIME.format(notAfter.orElseThrow().atZone(zone)),
                "Its oldest is of " + TIME.format(its.getLast().time().atZone(zone)) + "."));
  }

  private CannotRestore unknown(String what) {
    if (what.equals("latest")) {
      return CannotRestore.misspoken(
          "\"latest\" does not say of which job",
          "Name the job: its latest snapshot is meant then.");
    }
    return ID.matcher(what).matches()
        ? CannotRestore.refused(
            "no snapshot has an id that begins with \""
                + what
                + "\", and "
                + whose
                + " has no job of that name",
            "'holdfast snapshots --all' lists the snapshots. " + jobsThere())
        : CannotRestore.refused(
            whose + " has no job \"" + what + "\"" + andNoSnapshotOfSuch(what), jobsThere());
  }

  private String jobsThere() {
    return jobs.isEmpty()
        ? "It has no jobs at all; 'holdfast snapshots --all' lists what the repository holds."
        : "It has: "
            + jobs.stream().map(JobRef::name).distinct().collect(Collectors.joining(", "))
            + ".";
  }
}
