package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.LogLevel;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.report.Drain;
import io.holdfast.agent.report.ProgressBoard;
import io.holdfast.agent.report.Redelivery;
import io.holdfast.agent.report.RunSink;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.CrashRecovery;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.MissedRuns;
import io.holdfast.agent.run.OpenRestores;
import io.holdfast.agent.run.Owed;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.service.Supervisor;
import io.holdfast.agent.state.RefusedSinceFile;
import io.holdfast.agent.sync.ConfigCache;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.sync.Heartbeat;
import io.holdfast.agent.text.Bounded;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: nine loops around one state. Sync brings the configuration and what admins ask for,
 * due turns schedules into runs, the queue carries them out, drain delivers their records, progress
 * shows them on the way, notifications cut the wait for the next sync short, recovery puts in order
 * what a crash has left, restores do what rows ask for, and the repositories have loops of their
 * own.
 */
public final class Agent {

  private static final Logger log = LoggerFactory.getLogger(Agent.class);

  /** How long a clock that was set, or a machine that slept, may go unnoticed. */
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(30);

  /**
   * Of the loops that only ask the database and the disk. What runs restic may take as long as it
   * takes.
   */
  private static final Duration LONGEST_TURN = Duration.ofMinutes(15);

  private static final Duration PROGRESS_EVERY = Duration.ofSeconds(3);
  private static final Duration DRAIN_RETRY = Duration.ofSeconds(15);

  private final AgentParts parts;
  private final Supervisor service;
  private final StatusNews statusNews;
  private final Watchdog watchdog;
  private final Consumer<LogLevel> logLevel;
  private final Clock clock;
  private final AgentState state;
  private final Agenda agenda;
  private final ProblemBoard problems = new ProblemBoard(this::wakeSync);
  private final ProgressBoard progress = new ProgressBoard();
  private final ClockWatch clockWatch;
  private final RunQueue queue;
  private final MissedRuns missedRuns;
  private final Requests requests;
  private final RunSink sink;
  private final Drain drain;
  private final Redelivery redelivery;
  private final ProblemLog drainLog = new ProblemLog();
  private final Loop syncLoop;
  private final Loop dueLoop;
  private final Loop drainLoop;
  private final Loop progressLoop;
  private final Loop notificationLoop;
  private final Loop recoveryLoop;
  private final RepositoryLoops repositories;
  private final RestoreTurn restores;
  private final Loop restoreLoop;
  private final UUID process = UUID.randomUUID();
  private String comparedWith = "";

  /**
   * @param service who runs us, and is told how we are
   * @param logLevel told how much the log is to say, by each configuration
   */
  public Agent(AgentParts parts, Supervisor service, Consumer<LogLevel> logLevel) {
    this.parts = parts;
    this.service = service;
    this.logLevel = logLevel;
    clock = parts.clock();
    clockWatch = new ClockWatch(clock);
    state = new AgentState(this::stateChanged);
    parts
        .config()
        .unprovedServers()
        .forEach(problem -> problems.set(problem.code(), Optional.of(problem)));
    Machine.zoneProblem().ifPresent(problem -> problems.set(problem.code(), Optional.of(problem)));
    sink = parts.runSink();
    drain = parts.drain();
    redelivery = parts.redelivery();
    agenda = new Agenda(parts.agendaStore(), new SecureRandom());
    statusNews =
        new StatusNews(
            parts.config().stateDirectory(),
            new ServiceNews(service, ZoneId.systemDefault()),
            state,
            agenda,
            problems,
            clock);
    RunJournal journal = parts.journal(progress, this::wakeDrain);
    CrashRecovery recovery = parts.recovery(journal);
    DeviceLocks locks = parts.locks();
    missedRuns =
        new MissedRuns(
            journal,
            job -> state.view().config().flatMap(c -> c.jobName(job)),
            parts.config().deviceId(),
            clock);
    queue =
        new RunQueue(
            parts.executor(journal),
            recovery,
            locks,
            agenda,
            () -> state.view().config(),
            clock,
            new SecureRandom(),
            new StateDirectoryFaults(problems, parts.config().stateDirectory()),
            this::runEnded);
    OpenRestores openRestores = parts.openRestores();
    restores =
        new RestoreTurn(
            parts.restorer(journal, openRestores),
            openRestores,
            journal,
            locks,
            () -> state.view().config(),
            this::restoresChanged);
    restoreLoop = Loop.inDaemon("restores", restores);
    requests =
        new Requests(
            parts.requestSource(),
            agenda,
            parts.openRuns(),
            queue,
            restores,
            missedRuns,
            () -> parts.spool().waiting().isEmpty(),
            clock);
    ConfigCache cache = parts.configCache();
    resume(cache);
    syncLoop =
        Loop.inDaemon(
            "sync",
            new Tidied(
                new SyncTurn(
                    parts.configSource(),
                    cache,
                    () -> parts.heartbeat().of(running()),
                    parts::deviceConfig,
                    parts.review(),
                    problems,
                    agenda,
                    clock,
                    state,
                    new Retirement(new RefusedSinceFile(parts.config().stateDirectory())),
                    this::afterSync)));
    dueLoop = Loop.inDaemon("due", this::dueTurn);
    drainLoop = Loop.inDaemon("drain", this::drainTurn);
    progressLoop = Loop.inDaemon("progress", this::progressTurn);
    notificationLoop =
        Loop.inDaemon(
            "notifications", new NotificationTurn(parts.config(), this::pushIsOn, this::wakeSync));
    recoveryLoop =
        Loop.inDaemon(
            "recovery",
            new RecoveryTurn(
                parts.openRuns(),
                recovery,
                parts.aftermath(),
                locks,
                agenda,
                () -> state.view().config(),
                clock,
                new SecureRandom(),
                problems,
                this::wakeDue));
    repositories =
        new RepositoryLoops(parts, journal, () -> state.view().config(), this::keptSettings, locks);
    watchdog =
        new Watchdog(
            service,
            Stream.of(syncLoop, dueLoop, drainLoop, progressLoop)
                .map(loop -> new Watchdog.Watched(loop, LONGEST_TURN))
                .toList());
  }

  /** Which daemon of the device this is. */
  private Heartbeat.Daemon running() {
    return new Heartbeat.Daemon(parts.instance().id(), process);
  }

  /** What was synced last holds until the control plane answers. */
  private void resume(ConfigCache cache) {
    cache
        .load()
        .ifPresent(cached -> {
          state.resume(parts.deviceConfig(cached.rows()), cached.syncedAt());
          followLogLevel();
          log.info("goes by the configuration of {} until the next sync", cached.syncedAt());
        });
    problems.set("config-cache-damaged", cache.problem());
  }

  public void start() {
    log.info(
        "holdfast {} starts as device \"{}\"; control plane at {}; state in {}; time zone {}",
        AgentVersion.current(),
        parts.config().deviceId(),
        parts.config().database().display(),
        parts.config().stateDirectory(),
        ZoneId.systemDefault());
    problems.all().forEach(p -> log.warn("{}. {}", p.message(), p.remedy()));
    statusNews.tell();
    Stream.of(
            syncLoop, dueLoop, drainLoop, progressLoop, notificationLoop, recoveryLoop, restoreLoop)
        .forEach(Loop::start);
    repositories.start();
    watchdog.start();
  }

  /**
   * Ends running backups cleanly, delivers what can be delivered, and lets go of the database; all
   * of it within the 90 seconds that a service manager gives.
   */
  public void stop() throws InterruptedException {
    log.info("holdfast stops; {} runs go on or wait", queue.size());
    watchdog.stop();
    service.stopping();
    queue.beginStop();
    repositories.beginStop();
    restores.beginStop();
    restoreLoop.askToStop();
    new StopOrder()
        .then(recoveryLoop, notificationLoop, syncLoop, dueLoop)
        .then(queue)
        .thenAtLast(Stream.concat(repositories.loops().stream(), Stream.of(restoreLoop)).toList())
        .then(progressLoop, drainLoop)
        .then("the last delivery", drain::turn)
        .then("the end of the connections", parts::close);
    log.info("holdfast has stopped");
  }

  private void stateChanged() {
    followLogLevel();
    statusNews.tell();
    dueLoop.wake();
    recoveryLoop.wake();
    notificationLoop.wake();
    restoreLoop.wake();
    repositories.wake();
  }

  private void followLogLevel() {
    state.view().config().map(config -> config.settings().logLevel()).ifPresent(logLevel);
  }

  /** What an agent that is started anew without its control plane would go by too. */
  private Optional<Settings> keptSettings() {
    boolean kept =
        problems.all().stream().noneMatch(p -> p.code().equals("config-cache-unwritten"));
    return state.view().config().filter(_ -> kept).map(DeviceConfig::settings);
  }

  private void runEnded() {
    dueLoop.wake();
    recoveryLoop.wake();
    answerRequests();
  }

  private void restoresChanged() {
    restoreLoop.wake();
    answerRequests();
  }

  private void answerRequests() {
    if (requests.awaitsAnswers()) {
      syncLoop.wake();
    }
  }

  private void wakeSync() {
    // The board may speak before the loops are there.
    if (syncLoop != null) {
      syncLoop.wake();
    }
  }

  private void wakeDue() {
    dueLoop.wake();
  }

  private void wakeDrain() {
    drainLoop.wake();
  }

  /** Requests, and whether the server still has what was delivered. */
  private void afterSync(DeviceConfig config, Server server) throws ControlPlaneException {
    if (!server.identity().equals(comparedWith)) {
      if (redelivery.check() > 0) {
        drainLoop.wake();
      }
      comparedWith = server.identity();
    }
    if (server.renewInstance()) {
      log.warn("another agent has the id of this one, which makes itself a new one");
      var _ = parts.instance().renew();
    }
    if (server.requestsWait()) {
      requests.turn(config);
    } else {
      requests.nothingWaits();
    }
    dueLoop.wake();
    int refused = parts.spool().refused();
    problems.set(
        "records-refused",
        refused == 0
            ? Optional.empty()
            : Optional.of(
                Problem.ofDevice(
                    "records-refused",
                    refused
                        + (refused == 1
                            ? " record was refused by the control plane and is kept aside: "
                            : " records were refused by the control plane and are kept aside: ")
                        + Bounded.list(parts.spool().refusedAre()),
                    "Look into the folder spool/refused of the machine's state directory, where the"
                        + " reason stands beside each; remove them when they have been dealt"
                        + " with.")));
    restUnlessPushed();
  }

  /** Whether the fleet is small enough for a connection of each of its devices. */
  private boolean pushIsOn() {
    return state.view().config().filter(config -> config.settings().push()).isPresent();
  }

  private void restUnlessPushed() {
    if (!pushIsOn()) {
      parts.database().rest();
    }
  }

  private Duration dueTurn() {
    clockWatch.look();
    Optional<DeviceConfig> config = state.view().config().filter(known -> known.device().enabled());
    if (config.isEmpty()) {
      // A paused device remembers what it is due: the agenda is not asked.
      return LONGEST_SLEEP;
    }
    List<JobPlan> plans = config.get().plans();
    List<Owed> ready =
        agenda.look(
            plans,
            config.get().settings().catchUp(),
            clock.instant(),
            queue::isRunning,
            missedRuns::record);
    ready.stream().filter(this::isStillWanted).forEach(queue::submit);
    if (!ready.isEmpty()) {
      statusNews.tell();
    }
    return agenda
        .nextMoment(plans, clock.instant())
        .map(next -> Waiter.atMost(Duration.between(clock.instant(), next), LONGEST_SLEEP))
        .orElse(LONGEST_SLEEP);
  }

  /**
   * A run that somebody asked for before the agent was started may have been cancelled meanwhile;
   * where the control plane is away, nobody can say so.
   */
  private boolean isStillWanted(Owed owed) {
    return owed.requests().isEmpty()
        || requests.hasLooked()
        || state.view().syncFailure().isPresent();
  }

  private Duration drainTurn() {
    Optional<Problem> stuck = drain.turn();
    drainLog.now(stuck.stream().toList());
    if (stuck.isEmpty()) {
      answerRequests();
      restUnlessPushed();
    }
    return stuck.isPresent() ? DRAIN_RETRY : Loop.UNTIL_WOKEN;
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
}
