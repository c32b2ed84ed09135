package io.holdfast.agent.daemon;

import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.postgres.ChangeNotifications;
import io.holdfast.agent.report.Drain;
import io.holdfast.agent.report.ProgressBoard;
import io.holdfast.agent.report.RunSink;
import io.holdfast.agent.run.DueRun;
import io.holdfast.agent.run.DueRuns;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.sync.DeviceConfig;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: five loops around one state. Sync brings the configuration, due turns schedules into
 * runs, the queue carries them out, drain delivers their records, progress shows them on the way,
 * and notifications cut the wait for the next sync short.
 */
public final class Agent {

  private static final Logger log = LoggerFactory.getLogger(Agent.class);

  /** How long a clock that was set, or a machine that slept, may go unnoticed. */
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(30);

  private static final Duration PROGRESS_EVERY = Duration.ofSeconds(3);
  private static final Duration DRAIN_RETRY = Duration.ofSeconds(15);
  private static final Duration LISTEN_FOR = Duration.ofSeconds(30);
  private static final Duration LISTEN_RETRY = Duration.ofSeconds(30);
  private static final Duration LOOP_PATIENCE = Duration.ofSeconds(5);

  /** restic may take this long to end cleanly, and its lock with it. */
  private static final Duration RUN_PATIENCE = Duration.ofSeconds(80);

  private final AgentParts parts;
  private final Clock clock;
  private final Instant startedAt;
  private final AgentState state;
  private final DueRuns dueRuns = new DueRuns();
  private final ProgressBoard progress = new ProgressBoard();
  private final RunQueue queue;
  private final RunSink sink;
  private final Drain drain;
  private final ProblemLog drainLog = new ProblemLog();
  private final Loop syncLoop;
  private final Loop dueLoop;
  private final Loop drainLoop;
  private final Loop progressLoop;
  private final Loop notificationLoop;

  public Agent(AgentParts parts) {
    this.parts = parts;
    clock = parts.clock();
    startedAt = clock.instant();
    state = new AgentState(this::stateChanged);
    sink = parts.runSink();
    drain = parts.drain();
    queue =
        new RunQueue(
            parts.executor(progress, this::wakeDrain), parts.locks(), () -> state.view().config());
    syncLoop =
        Loop.inDaemon(
            "sync",
            new SyncTurn(
                parts.configSource(),
                parts::heartbeat,
                parts.machine().zone(),
                parts.review(),
                dueRuns,
                clock,
                state));
    dueLoop = Loop.inDaemon("due", this::dueTurn);
    drainLoop = Loop.inDaemon("drain", this::drainTurn);
    progressLoop = Loop.inDaemon("progress", this::progressTurn);
    notificationLoop = Loop.inDaemon("notifications", this::notificationTurn);
  }

  public void start() {
    log.info(
        "holdfast {} starts as device \"{}\"; control plane at {}; state in {}",
        AgentVersion.current(),
        parts.config().deviceId(),
        parts.config().database().display(),
        parts.config().stateDirectory());
    writeStatus();
    loops().forEach(Loop::start);
  }

  private List<Loop> loops() {
    return List.of(syncLoop, dueLoop, drainLoop, progressLoop, notificationLoop);
  }

  /** Ends running backups cleanly, delivers what can be delivered, and lets go of the database. */
  public void stop() throws InterruptedException {
    log.info("holdfast stops; {} runs go on or wait", queue.size());
    // This one does nothing but wait for the database.
    notificationLoop.stop(Duration.ZERO);
    syncLoop.stop(LOOP_PATIENCE);
    dueLoop.stop(LOOP_PATIENCE);
    if (!queue.stop(RUN_PATIENCE)) {
      log.error("some runs did not end within {} s", RUN_PATIENCE.toSeconds());
    }
    progressLoop.stop(LOOP_PATIENCE);
    drainLoop.stop(LOOP_PATIENCE);
    drain.turn();
    parts.close();
    log.info("holdfast has stopped");
  }

  private void stateChanged() {
    writeStatus();
    dueLoop.wake();
  }

  private void wakeDrain() {
    drainLoop.wake();
  }

  private Duration dueTurn() {
    Instant now = clock.instant();
    List<JobPlan> plans = state.activePlans();
    List<DueRun> due = dueRuns.take(plans, now);
    due.forEach(queue::submit);
    if (!due.isEmpty()) {
      writeStatus();
    }
    return dueRuns.next(plans, now).values().stream()
        .min(Comparator.naturalOrder())
        .map(next -> Waiter.atMost(Duration.between(clock.instant(), next), LONGEST_SLEEP))
        .orElse(LONGEST_SLEEP);
  }

  private Duration drainTurn() {
    Optional<Problem> stuck = drain.turn();
    drainLog.now(stuck.stream().toList());
    return stuck.isPresent() ? DRAIN_RETRY : Duration.ofHours(1);
  }

  private Duration progressTurn() {
    progress
        .take()
        .forEach((run, latest) -> {
          try {
            sink.progress(run, latest);
          } catch (ControlPlaneException e) {
            log.debug("the progress of run {} was not shown: {}", run, e.getMessage());
          }
        });
    return PROGRESS_EVERY;
  }

  private Duration notificationTurn() throws InterruptedException {
    try (ChangeNotifications notifications =
        ChangeNotifications.listen(parts.config().database(), parts.config().deviceId())) {
      // What changed before we listened.
      syncLoop.wake();
      while (!Thread.currentThread().isInterrupted()) {
        if (notifications.await(LISTEN_FOR)) {
          log.debug("the control plane says that something changed");
          syncLoop.wake();
        }
      }
      throw new InterruptedException();
    } catch (ControlPlaneException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      // The sync, which meets the same fault, logs it.
      log.debug("changes are not heard at once for now: {}", e.getMessage());
      return LISTEN_RETRY;
    }
  }

  /** A courtesy to {@code holdfast status}: a full disk must not keep the agent from its work. */
  private void writeStatus() {
    try {
      status().write(parts.config().stateDirectory());
    } catch (UncheckedIOException e) {
      log.warn("{}", e.getMessage());
    }
  }

  private LocalStatus status() {
    AgentState.View view = state.view();
    Map<Integer, Instant> next = dueRuns.next(state.activePlans(), clock.instant());
    return new LocalStatus(
        ProcessHandle.current().pid(),
        AgentVersion.current(),
        startedAt,
        view.lastSyncAt(),
        view.syncFailure().map(Notice::of),
        view.config().map(config -> config.device().enabled()),
        view.config().map(DeviceConfig::plans).orElse(List.of()).stream()
            .map(plan -> new NextRun(plan.job().name(), earliest(plan, next)))
            .toList(),
        view.problems().stream().map(Notice::of).toList());
  }

  private static Optional<Instant> earliest(JobPlan plan, Map<Integer, Instant> next) {
    return plan.schedules().stream()
        .map(Schedule::id)
        .filter(next::containsKey)
        .map(next::get)
        .min(Comparator.naturalOrder());
  }
}
