package io.holdfast.agent.daemon;

import io.holdfast.agent.daemon.RunQueue.Dropped;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem.Severity;
import io.holdfast.agent.restore.AskedRestore;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.MissedBecause;
import io.holdfast.agent.run.MissedRuns;
import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.run.OpenRun.Stage;
import io.holdfast.agent.run.OpenRuns;
import io.holdfast.agent.run.Owed;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.sync.Request;
import io.holdfast.agent.sync.RequestSource;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what admins ask for in the table {@code requests}. Nothing is remembered here: a request
 * that was claimed and has come to nothing is given again, and what is under way is seen from the
 * agenda and the open runs.
 */
final class Requests {

  private static final Logger log = LoggerFactory.getLogger(Requests.class);

  private final RequestSource source;
  private final Agenda agenda;
  private final OpenRuns openRuns;
  private final RunQueue queue;
  private final RestoreTurn restores;
  private final MissedRuns missedRuns;
  private final BooleanSupplier spoolIsEmpty;
  private final Clock clock;
  private volatile boolean awaitsAnswers;
  private volatile boolean hasLooked;

  /**
   * @param spoolIsEmpty whether the control plane knows of all that has happened here
   */
  Requests(
      RequestSource source,
      Agenda agenda,
      OpenRuns openRuns,
      RunQueue queue,
      RestoreTurn restores,
      MissedRuns missedRuns,
      BooleanSupplier spoolIsEmpty,
      Clock clock) {
    this.source = source;
    this.agenda = agenda;
    this.openRuns = openRuns;
    this.queue = queue;
    this.restores = restores;
    this.missedRuns = missedRuns;
    this.spoolIsEmpty = spoolIsEmpty;
    this.clock = clock;
  }

  /** Whether a request waits for a run's end, and for the delivery of its record. */
  boolean awaitsAnswers() {
    return awaitsAnswers;
  }

  /**
   * Claims what waits and begins with it.
   *
   * @param config as it was read just now
   * @throws ControlPlaneException if the control plane cannot be asked or told
   */
  void turn(DeviceConfig config) throws ControlPlaneException {
    // In this order, all before the claim: what ends meanwhile must not be taken for what came to
    // nothing, nor what a record in the spool answers for unanswered.
    Set<UUID> underWay = underWay();
    boolean allTold = spoolIsEmpty.getAsBoolean();
    // Whoever ends a run meanwhile wakes us again.
    awaitsAnswers = true;
    boolean awaits = false;
    List<Request> claimed = source.claim();
    // The jobs of requests that may have been carried out already: only later turns can tell.
    Set<UUID> undecided = new HashSet<>();
    for (Request request : claimed) {
      // A control plane that was set back gives out anew what was done: the record of it, which is
      // delivered again, comes first. A backup may well be made twice; files are not.
      boolean maybeDone = request.again() || request.kind().equals("restore");
      if (maybeDone && (underWay.contains(request.id()) || !allTold)) {
        if (!underWay.contains(request.id())) {
          request.jobId().ifPresent(undecided::add);
        }
        awaits = true;
        continue;
      }
      switch (request.kind()) {
        case "backup" -> {
          Optional<Request> cancel = cancelAfter(request, claimed);
          if (cancel.isPresent()) {
            cancelled(request, cancel.get());
          } else {
            backup(request, config);
          }
        }
        case "cancel" -> {
          if (request.runId().isEmpty()
              && request.jobId().filter(undecided::contains).isPresent()) {
            awaits = true;
          } else {
            awaits |= cancel(request, claimed);
          }
        }
        case "restore" -> restore(request, config);
        case "sync" -> source.answer(request.id(), true, "the configuration was read");
        default ->
            source.answer(
                request.id(),
                false,
                "this agent does not know requests of kind "
                    + request.kind()
                    + "; upgrade Holdfast on the machine");
      }
    }
    awaitsAnswers = awaits;
    hasLooked = true;
  }

  /** A cancel of the request's job that was asked for after it, before anything has come of it. */
  private static Optional<Request> cancelAfter(Request backup, List<Request> claimed) {
    return claimed.subList(claimed.indexOf(backup) + 1, claimed.size()).stream()
        .filter(later -> later.kind().equals("cancel") && later.runId().isEmpty())
        .filter(later -> later.jobId().equals(backup.jobId()))
        .findFirst();
  }

  private void cancelled(Request backup, Request cancel) throws ControlPlaneException {
    source.answer(backup.id(), false, cancelledBy(cancel));
    backup
        .jobId()
        .ifPresent(job ->
            missedRuns.record(
                Owed.requested(job, backup.id(), clock.instant()),
                MissedBecause.CANCELLED,
                cancelledBy(cancel)));
  }

  private static String cancelledBy(Request cancel) {
    return "cancelled by request of " + cancel.requestedBy();
  }

  /**
   * Whether the control plane has been asked since the agent was started, and what it asks for is
   * under way: until then a run that was asked for earlier may have been cancelled meanwhile.
   */
  boolean hasLooked() {
    return hasLooked;
  }

  /** The control plane says that all have been answered. */
  void nothingWaits() {
    awaitsAnswers = false;
    hasLooked = true;
  }

  /** The requests that runs are owed for, or go on for. */
  private Set<UUID> underWay() {
    return Stream.concat(
            agenda.allOwed().stream().flatMap(owed -> owed.requests().stream()),
            openRuns.all().stream().flatMap(run -> run.start().requests().stream()))
        .collect(Collectors.toSet());
  }

  private void backup(Request request, DeviceConfig config) throws ControlPlaneException {
    Optional<UUID> job =
        request.jobId().filter(id -> config.device().enabled() && config.plan(id).isPresent());
    if (job.isPresent()) {
      log.info("{} asks for a run of job {}", request.requestedBy(), job.get());
      agenda.request(job.get(), request.id(), clock.instant());
    } else {
      source.answer(
          request.id(),
          false,
          config.device().enabled() ? whyNot(request, config) : "the device is paused");
    }
  }

  /** Which of the reasons it is that the job is none that runs. */
  private static String whyNot(Request request, DeviceConfig config) {
    return config.problems().stream()
        .filter(problem -> problem.severity() == Severity.ERROR)
        .filter(problem -> problem.jobId().isPresent() && problem.jobId().equals(request.jobId()))
        .findFirst()
        .map(problem -> problem.message() + ". " + problem.remedy())
        .orElse("the job is switched off (backup_jobs.enabled), or is no job of this device");
  }

  private void restore(Request request, DeviceConfig config) throws ControlPlaneException {
    if (!config.device().enabled()) {
      source.answer(request.id(), false, "the device is paused");
      return;
    }
    try {
      if (!request.again()) {
        log.info("{} asks for a restore", request.requestedBy());
      }
      restores.submit(AskedRestore.of(request.id(), request.jobId(), request.parameters()));
    } catch (CannotRestore e) {
      source.answer(request.id(), false, e.getMessage() + ". " + e.remedy());
    }
  }

  /** Whether it is answered only when a run has ended. */
  private boolean cancel(Request request, List<Request> claimed) throws ControlPlaneException {
    String why = "by request of " + request.requestedBy();
    if (request.runId().isPresent() && restores.cancel(request.runId().get(), why)) {
      return true;
    }
    boolean dropped = dropsWhatWaits(request, claimed);
    Optional<OpenRun> run =
        openRuns.all().stream()
            .filter(open -> open.stage() == Stage.RUNNING)
            .filter(open -> isMeant(request, open))
            .findFirst();
    if (run.isPresent()) {
      if (openRuns.askedToEnd(run.get().start().id()).isEmpty()) {
        openRuns.askToEnd(run.get().start().id(), why);
      }
      return true;
    }
    boolean done =
        dropped
            || request.again()
            || claimed.stream()
                .filter(other -> other.kind().equals("backup"))
                .anyMatch(other -> cancelAfter(other, claimed).filter(request::equals).isPresent());
    source.answer(
        request.id(),
        done,
        done ? "it has been cancelled or has ended" : "nothing of it runs or waits on this device");
    return false;
  }

  /**
   * Takes out what waits, and answers for whom it waited. In this order: if the agent is ended in
   * between, both requests are claimed again, and the one that was cancelled is seen to be.
   */
  private boolean dropsWhatWaits(Request cancel, List<Request> claimed)
      throws ControlPlaneException {
    if (cancel.runId().isPresent() || cancel.jobId().isEmpty()) {
      return false;
    }
    // One that was asked for since is meant to run: a cancel is given again until its run has
    // ended.
    List<UUID> later =
        claimed.subList(claimed.indexOf(cancel) + 1, claimed.size()).stream()
            .map(Request::id)
            .toList();
    if (agenda.owed(cancel.jobId().get()).stream()
        .flatMap(owed -> owed.requests().stream())
        .anyMatch(later::contains)) {
      return false;
    }
    Optional<Dropped> dropped =
        queue.drop(cancel.jobId().get(), "by request of " + cancel.requestedBy());
    if (dropped.isEmpty()) {
      return false;
    }
    for (UUID request : dropped.get().owed().requests()) {
      source.answer(request, false, cancelledBy(cancel));
    }
    if (!dropped.get().isStarting()) {
      missedRuns.record(dropped.get().owed(), MissedBecause.CANCELLED, cancelledBy(cancel));
    }
    return true;
  }

  private static boolean isMeant(Request request, OpenRun open) {
    return request.runId().isPresent()
        ? request.runId().get().equals(open.start().uuid())
        : request.jobId().filter(open.start().jobId()::equals).isPresent();
  }
}
