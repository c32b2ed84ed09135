package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.RepositoryProbe;
import io.holdfast.agent.restic.RepositoryWork;
import io.holdfast.agent.restic.RepositoryWork.Copied;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.RepositoryGate;
import io.holdfast.agent.run.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Copies the snapshots of the chosen jobs into a target. In the source it counts as a backup: it
 * goes on beside others, and a housekeeper there waits for it.
 */
public final class Copying {

  /** In one go, before a housekeeper of the source who waits is let in. */
  private static final int BATCH = 50;

  private final HousekeepingBook book;
  private final CopyBook copies;
  private final RepositoryGate gate;

  public Copying(HousekeepingBook book, CopyBook copies, RepositoryGate gate) {
    this.book = book;
    this.copies = copies;
    this.gate = gate;
  }

  /**
   * Why nothing can be done in a target, if so.
   *
   * @throws InterruptedException if the thread was interrupted
   */
  static Optional<Verdict> whyShut(Workplace place, Kind kind) throws InterruptedException {
    if (place.target().isEmpty()) {
      return Optional.empty();
    }
    CopyTarget target = place.target().get();
    if (target.unusable().isPresent()) {
      return target.unusable();
    }
    if (target.sourceId().filter(place.repositoryId()::equals).isPresent()) {
      return isItsSource(target);
    }
    if (kind == Kind.FORGET && target.sourceId().isEmpty()) {
      return failed(
          "source-unreachable",
          "the repository that is copied does not open, and its copies all stay meanwhile",
          "'holdfast doctor' on this machine says why.");
    }
    RepositoryProbe probe = place.restic().probe(place.repository());
    String what = "copy target \"" + target.name() + "\": " + probe.message();
    return switch (probe.state()) {
      case OPEN ->
          place.repositoryId().equals(CopyTarget.provisionalId(target.name()))
              ? justFound(target)
              : Optional.empty();
      case MISSING ->
          failed(
              "target-missing",
              what,
              "Check copy_targets.repository_url; if it is really to be made, set auto_init to true.");
      case WRONG_PASSWORD ->
          failed("target-wrong-password", what, "Correct copy_targets.repository_password.");
      case LOCKED, UNREACHABLE ->
          failed(
              "target-unreachable", what, "Check the storage: it is tried again within the hour.");
    };
  }

  /**
   * Whatever is done there would be done to the repository of the devices: forgotten by another
   * policy than theirs.
   */
  private static Optional<Verdict> isItsSource(CopyTarget target) {
    return failed(
        "copy-onto-itself",
        "copy target \"" + target.name() + "\" is the repository that is to be copied",
        "Write another place into copy_targets.repository_url.");
  }

  /** Others may be at work under the lease on its own id, and ours is on its name. */
  private static Optional<Verdict> justFound(CopyTarget target) {
    return failed(
        "kept-out",
        "copy target \""
            + target.name()
            + "\" has only just come to answer, and others may be at work there",
        "Nothing: it is tried again in some minutes.");
  }

  private static Optional<Verdict> failed(String code, String sentence, String remedy) {
    return Optional.of(Verdict.failed(code, sentence, remedy));
  }

  /**
   * Copies what is not there yet.
   *
   * @throws ControlPlaneException if the control plane cannot be asked or told
   * @throws InterruptedException if the thread was interrupted
   */
  Done copy(Workplace place, RepositoryWork work, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    CopyTarget target = place.target().orElseThrow();
    Optional<Verdict> senseless = senseless(place, target);
    if (senseless.isPresent()) {
      return Done.of(senseless.get());
    }
    Set<String> there = new HashSet<>();
    Catalogue.Listed before =
        new Catalogue(book, place.repositoryId())
            .list(work, entry -> there.add(entry.originalId()));
    if (!before.report().complete()) {
      return Done.of(Kind.COPY, before.report(), cancellation, before.statistics());
    }
    List<SnapshotEntry> wanted = new ArrayList<>();
    Set<UUID> jobs = copies.jobs(target.name());
    Catalogue.Listed source =
        new Catalogue(book, target.sourceId().orElseThrow())
            .list(
                work.in(target.source()),
                entry -> {
                  if (isOf(jobs, entry) && !there.contains(entry.originalId())) {
                    wanted.add(entry);
                  }
                });
    return source.report().complete()
        ? copied(place, target, told(place, target, wanted), work, cancellation)
        : Done.of(Kind.COPY, source.report(), cancellation, Map.of());
  }

  private static Optional<Verdict> senseless(Workplace place, CopyTarget target) {
    if (target.sourceId().isEmpty()) {
      return failed(
          "source-unreachable",
          "the repository that is to be copied does not open",
          "'holdfast doctor' on this machine says why.");
    }
    List<String> contrary = place.repository().contradictions(target.source());
    return contrary.isEmpty()
        ? Optional.empty()
        : failed(
            "copy-environment-conflict",
            "copy target \""
                + target.name()
                + "\" and the repository that is to be copied need different values of "
                + String.join(", ", contrary)
                + ", and restic takes one for both",
            "Give the two storages the same credentials, or reach one of them in another way, such as rclone.");
  }

  private static boolean isOf(Set<UUID> jobs, SnapshotEntry entry) {
    return SnapshotTags.jobIn(entry.tags()).filter(jobs::contains).isPresent();
  }

  /**
   * Anybody with the source's password can add snapshots to it; and those that the target has
   * forgotten by its own policy are not copied again and again.
   */
  private List<String> told(Workplace place, CopyTarget target, List<SnapshotEntry> wanted)
      throws ControlPlaneException {
    Set<String> told =
        copies.wanted(
            target.sourceId().orElseThrow(),
            place.repositoryId(),
            wanted.stream().map(SnapshotEntry::id).collect(Collectors.toSet()));
    return wanted.stream()
        .filter(entry -> told.contains(entry.id()))
        .sorted(Comparator.comparing(SnapshotEntry::time))
        .map(SnapshotEntry::id)
        .toList();
  }

  private Done copied(
      Workplace place,
      CopyTarget target,
      List<String> ids,
      RepositoryWork work,
      Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put("snapshots_wanted", ids.size());
    long saved = 0;
    for (int from = 0; from < ids.size() && !cancellation.isCancelled(); from += BATCH) {
      List<String> batch = ids.subList(from, Math.min(ids.size(), from + BATCH));
      // Each has a name of its own: one that has left does not come in again.
      try (RepositoryGate.Pass _ =
          gate.enter(place.restic(), target.source(), UUID.randomUUID(), cancellation, () -> {})) {
        Copied copied = work.from(target.source()).copy(batch);
        saved += copied.snapshots();
        statistics.put("snapshots_copied", saved);
        if (!copied.report().complete()) {
          return Done.of(Kind.COPY, copied.report(), cancellation, statistics);
        }
      }
    }
    if (cancellation.isCancelled()) {
      return new Done(Done.cancelled(cancellation), Optional.empty(), statistics);
    }
    statistics.put("snapshots_copied", saved);
    Catalogue.Listed after = new Catalogue(book, place.repositoryId()).list(work);
    statistics.putAll(after.statistics());
    return Done.of(Kind.COPY, after.report(), cancellation, statistics);
  }
}
