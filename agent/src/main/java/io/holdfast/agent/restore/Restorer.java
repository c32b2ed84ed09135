package io.holdfast.agent.restore;

import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestoreReport;
import io.holdfast.agent.restic.RestoreReport.Totals;
import io.holdfast.agent.restic.RestoreWatch;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.OpenRestores;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RealPlace;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.RepositoryGate;
import io.holdfast.agent.run.ResticProvider;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.Told;
import io.holdfast.agent.run.Verdict;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out a restore that a row asks for, as far as the machine itself permits it. */
public final class Restorer {

  private static final Logger log = LoggerFactory.getLogger(Restorer.class);

  private final ResticProvider provider;
  private final RepositoryGate gate;
  private final RunJournal journal;
  private final OpenRestores open;
  private final PermittedTarget permitted;
  private final Told.Source source;
  private final String deviceId;
  private final Supplier<ZoneId> zone;
  private final Clock clock;

  public Restorer(
      ResticProvider provider,
      RepositoryGate gate,
      RunJournal journal,
      OpenRestores open,
      PermittedTarget permitted,
      Told.Source source,
      String deviceId,
      Supplier<ZoneId> zone,
      Clock clock) {
    this.provider = provider;
    this.gate = gate;
    this.journal = journal;
    this.open = open;
    this.permitted = permitted;
    this.source = source;
    this.deviceId = deviceId;
    this.zone = zone;
    this.clock = clock;
  }

  /** How it ends at once, if the machine's policy is against it. */
  public Optional<RestoreEnded> refusal(AskedRestore asked) {
    try {
      permitted.check(asked.path());
      return Optional.empty();
    } catch (PermittedTarget.Forbidden e) {
      return Optional.of(without(asked, forbidden(e)));
    }
  }

  /**
   * Restores; the caller writes down how it ended.
   *
   * @param jobs those of this device
   * @return empty if the agent was stopped before it began: it may begin another time
   * @throws InterruptedException if the thread was interrupted before it began
   */
  public Optional<RestoreEnded> restore(
      AskedRestore asked, Settings settings, List<JobRef> jobs, Cancellation cancellation)
      throws InterruptedException {
    Optional<Verdict> missing = RepositoryAccess.missing(settings);
    if (missing.isPresent()) {
      return Optional.of(without(asked, missing.get()));
    }
    try {
      Restic restic = provider.get();
      Repository repository = RepositoryAccess.of(settings);
      try (RepositoryGate.Pass _ =
          gate.enter(restic, repository, asked.request(), cancellation, () -> {})) {
        return admitted(
            asked,
            new RepositoryReader(restic, repository, true, cancellation, Restorer::trouble),
            jobs,
            cancellation);
      }
    } catch (ResticUnavailable e) {
      return Optional.of(without(asked, Verdict.failed(e.code(), e.getMessage(), e.remedy())));
    }
  }

  private static void trouble(String what) {
    log.warn("a restore: {}", what);
  }

  private Optional<RestoreEnded> admitted(
      AskedRestore asked, RepositoryReader reader, List<JobRef> jobs, Cancellation cancellation) {
    Begun begun;
    try {
      begun = begin(asked, reader, jobs);
    } catch (CannotRestore e) {
      return Optional.of(without(asked, refused(e)));
    } catch (PermittedTarget.Forbidden e) {
      return Optional.of(without(asked, forbidden(e)));
    } catch (RepositoryUnreadable e) {
      if (cancellation.isForAgentsStop()) {
        return Optional.empty();
      }
      return Optional.of(without(asked, unreadable(e, cancellation)));
    }
    return Optional.of(carriedOut(begun, reader, cancellation));
  }

  private record Begun(RestoreStarted started, RestoreOrder order) {}

  /** What the arguments of the restic of a restore say of it, and no other's do. */
  public static String markOf(UUID request) {
    return "restore=" + request;
  }

  /** Everything that may be against it, and last of all where the target really is. */
  private Begun begin(AskedRestore asked, RepositoryReader reader, List<JobRef> jobs)
      throws CannotRestore, PermittedTarget.Forbidden, RepositoryUnreadable {
    Optional<Instant> moment = asked.moment(clock.instant().atZone(zone.get()));
    Told told = source.of(asked.jobId().stream().toList());
    SnapshotEntry snapshot =
        new SnapshotChoice(
                jobs,
                reader.snapshots(),
                entry -> told.counts(entry, clock.instant()),
                "this device",
                zone.get())
            .one(asked.what(), moment);
    Path real = permitted.check(asked.path());
    permitted.checkContent(real);
    if (!asked.wish().intoExisting() && !RestoreWish.isEmpty(real)) {
      throw CannotRestore.refused(
          "the directory " + asked.target() + " is not empty",
          "Choose another one, or say in the parameters what becomes of files that are there:"
              + " {\"overwrite\": \"if-changed\"}.");
    }
    RestoreOrder order =
        asked
            .wishAt(real)
            .order(snapshot, reader.repository().localPath().map(RealPlace::wholly))
            .marked(markOf(asked.request()));
    Restoring.check(reader, order);
    RestoreStarted started = started(asked, Optional.of(snapshot));
    writeDown(started);
    log.info("restore {} of snapshot {} to {} begins", asked.request(), snapshot.shortId(), real);
    return new Begun(started, order);
  }

  /** First where a crash is found out, then where it is reported. */
  private void writeDown(RestoreStarted started) {
    open.open(started);
    try {
      journal.restore(started);
    } catch (UncheckedIOException e) {
      open.close(started.uuid());
      throw e;
    }
  }

  private RestoreEnded carriedOut(Begun begun, RepositoryReader reader, Cancellation cancellation) {
    RestoreWatch watch =
        new RestoreWatch(
            progress -> journal.progress(begun.started(), progress, clock.instant()),
            (_, _) -> {},
            Restorer::trouble,
            cancellation,
            process -> open.restic(begun.started(), process));
    try {
      Restoring.Result result = Restoring.restore(reader, begun.order(), watch);
      return ended(begun.started(), verdict(result, cancellation), result.report());
    } catch (CannotRestore e) {
      return ended(begun.started(), refused(e));
    } catch (RepositoryUnreadable e) {
      return ended(
          begun.started(),
          cancellation.isForAgentsStop()
              ? interrupted("the agent was stopped")
              : unreadable(e, cancellation));
    }
  }

  private static Verdict verdict(Restoring.Result result, Cancellation cancellation) {
    return switch (result.outcome()) {
      case SUCCESS -> Verdict.success();
      case PARTIAL ->
          Verdict.partial("incomplete", words(result.message()), words(result.remedy()));
      case FAILED ->
          Verdict.failed("restore-failed", words(result.message()), words(result.remedy()));
      case CANCELLED ->
          cancellation.isForAgentsStop()
              ? interrupted("the agent was stopped")
              : cancelled(cancellation, "what came back until then is in place");
    };
  }

  /** A row has keys where the command line has options. */
  private static String words(String text) {
    return text.replaceAll("--(at|to|include|exclude|overwrite)\\b", "\"$1\"");
  }

  private static Verdict refused(CannotRestore e) {
    return Verdict.failed(
        e.kind() == CannotRestore.Kind.UNABLE ? "restore-unable" : "restore-refused",
        words(e.getMessage()),
        words(e.remedy()));
  }

  private static Verdict forbidden(PermittedTarget.Forbidden e) {
    return Verdict.failed("policy-refused", e.getMessage(), e.remedy());
  }

  private static Verdict unreadable(RepositoryUnreadable e, Cancellation cancellation) {
    return e.meaning() == ExitMeaning.CANCELLED
        ? cancelled(cancellation, "nothing was written")
        : Verdict.failed(
            "repository-unreachable", e.getMessage(), e.remedy().replaceAll("; if nobody.*", "."));
  }

  private static Verdict cancelled(Cancellation cancellation, String state) {
    return new Verdict(
        Outcome.CANCELLED,
        "cancelled",
        "the restore was cancelled " + cancellation.reason().orElse("") + "; " + state,
        "");
  }

  private static Verdict interrupted(String why) {
    return Verdict.failed(
        "interrupted",
        why + " in the middle of the restore; what came back until then is in place",
        "It is not begun again by itself: ask anew, with \"overwrite\" or for another directory.");
  }

  /** One that was cancelled while it waited for its turn. */
  public RestoreEnded dropped(AskedRestore asked, Cancellation cancellation) {
    return without(asked, cancelled(cancellation, "it had not begun"));
  }

  /** One that broke by a fault of ours. */
  public RestoreEnded broken(AskedRestore asked, RuntimeException why) {
    return without(
        asked,
        Verdict.failed(
            "agent-error",
            why instanceof UncheckedIOException
                ? "the agent cannot write its own files: " + why.getMessage()
                : "the agent itself failed: " + why.getClass().getSimpleName(),
            "Look at the agent's log and at the room on its disk."));
  }

  /** One whose agent died in the middle of it, and whose restic has ended. */
  public RestoreEnded left(RestoreStarted started) {
    return ended(started, interrupted("the agent or its machine was ended"));
  }

  private RestoreStarted started(AskedRestore asked, Optional<SnapshotEntry> snapshot) {
    return new RestoreStarted(
        asked.request(),
        deviceId,
        snapshot.flatMap(s -> SnapshotTags.jobNameIn(s.tags())),
        snapshot.map(SnapshotEntry::id),
        asked.target(),
        now());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  private RestoreEnded without(AskedRestore asked, Verdict verdict) {
    return ended(started(asked, Optional.empty()), verdict);
  }

  private RestoreEnded ended(RestoreStarted started, Verdict verdict) {
    return new RestoreEnded(started, end(started), verdict, 0, 0, 0, List.of());
  }

  private RestoreEnded ended(RestoreStarted started, Verdict verdict, RestoreReport report) {
    return new RestoreEnded(
        started,
        end(started),
        verdict,
        report.totals().map(Totals::items).orElse(0L),
        report.totals().map(Totals::bytes).orElse(0L),
        report.errorCount(),
        report.firstErrors().stream()
            .map(failure -> failure.item() + ": " + failure.message())
            .toList());
  }

  private Instant end(RestoreStarted started) {
    Instant now = now();
    return now.isBefore(started.startedAt()) ? started.startedAt() : now;
  }
}
