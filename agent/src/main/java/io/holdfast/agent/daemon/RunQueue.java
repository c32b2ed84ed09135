package io.holdfast.agent.daemon;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.CrashRecovery;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.DueRun;
import io.holdfast.agent.run.Owed;
import io.holdfast.agent.run.Retries;
import io.holdfast.agent.run.RunExecutor;
import io.holdfast.agent.run.RunObserver;
import io.holdfast.agent.run.RunOrder;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.sync.DeviceConfig;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the runs that jobs are owed, side by side, as many as the device allows; the others
 * wait for a slot.
 */
final class RunQueue {

  private static final Logger log = LoggerFactory.getLogger(RunQueue.class);

  /** A slot may be held by another process, which cannot wake us. */
  private static final Duration LOOK_FOR_A_SLOT_EVERY = Duration.ofMillis(500);

  /** When something on the machine keeps a run from starting. */
  private static final Duration TRY_AGAIN_AFTER = Duration.ofMinutes(1);

  private final RunExecutor executor;
  private final CrashRecovery recovery;
  private final DeviceLocks locks;
  private final Agenda agenda;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Clock clock;
  private final RandomGenerator random;
  private final StartFaults startFaults;
  private final Runnable changed;
  private final Map<UUID, Ticket> active = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /** A job that waits or runs. */
  private static final class Ticket {
    private final Cancellation cancellation = new Cancellation();
    private final Thread thread;
    private volatile boolean running;

    /** Whether it has its turn, and its start is not written down yet. */
    private boolean starting;

    private Ticket(String job, java.util.function.Consumer<Ticket> work) {
      thread = Thread.ofVirtual().name("run " + job).unstarted(() -> work.accept(this));
    }
  }

  /** Told whether runs can be written down. */
  interface StartFaults {
    void notWritten(UncheckedIOException why);

    void written();
  }

  /**
   * @param config the newest configuration: what it says when a run's turn comes is what counts
   * @param changed told when a run has ended, or could not start
   */
  RunQueue(
      RunExecutor executor,
      CrashRecovery recovery,
      DeviceLocks locks,
      Agenda agenda,
      Supplier<Optional<DeviceConfig>> config,
      Clock clock,
      RandomGenerator random,
      StartFaults startFaults,
      Runnable changed) {
    this.executor = executor;
    this.recovery = recovery;
    this.locks = locks;
    this.agenda = agenda;
    this.config = config;
    this.clock = clock;
    this.random = random;
    this.startFaults = startFaults;
    this.changed = changed;
  }

  /** Whether a run of the job goes on now, in whatever process; one that waits does not. */
  boolean isRunning(UUID job) {
    Ticket ticket = active.get(job);
    return ticket != null ? ticket.running : locks.jobIsHeld(job);
  }

  /**
   * Takes in what a job is owed; returns at once. A job that runs or waits already is not taken a
   * second time: it stays owed.
   */
  void submit(Owed owed) {
    UUID job = owed.jobId();
    if (stopping || active.containsKey(job)) {
      return;
    }
    try {
      locks.tryJob(job).ifPresent(held -> start(job, held));
    } catch (UncheckedIOException e) {
      cannotStart(owed, e);
    }
  }

  private void start(UUID job, Held held) {
    Ticket ticket = new Ticket(nameOf(job), self -> carryOut(self, job, held));
    active.put(job, ticket);
    ticket.thread.start();
  }

  private void carryOut(Ticket ticket, UUID job, Held held) {
    try (held;
        Held _ = awaitSlot(job)) {
      run(ticket, job);
    } catch (InterruptedException e) {
      log.info("a run that waited for its turn was put off or cancelled");
    } catch (RuntimeException e) {
      log.error("a run could not be carried out", e);
      agenda.postpone(job, clock.instant(), TRY_AGAIN_AFTER);
    } finally {
      active.remove(job);
      changed.run();
    }
  }

  private void run(Ticket ticket, UUID job) throws InterruptedException {
    Optional<DeviceConfig> now = config.get();
    if (now.isEmpty() || stopping) {
      return;
    }
    if (!recovery.clear(job, now.get().settings())) {
      log.error("a restic of an earlier run cannot be ended, so the job waits");
      agenda.postpone(job, clock.instant(), TRY_AGAIN_AFTER);
      return;
    }
    Optional<Owed> owed = takeTurn(ticket, job);
    Optional<RunOrder> order = owed.flatMap(why -> order(now.get(), why));
    if (order.isPresent()) {
      execute(ticket, owed.get(), order.get());
    } else {
      log.info("a job was due and is not started: it was switched off or cancelled meanwhile");
      owed.ifPresent(agenda::begun);
    }
  }

  /** From here on to its written start, whoever drops the job has to cancel its run. */
  private Optional<Owed> takeTurn(Ticket ticket, UUID job) {
    synchronized (ticket) {
      Optional<Owed> owed = agenda.owed(job);
      ticket.starting = owed.isPresent();
      return owed;
    }
  }

  private void execute(Ticket ticket, Owed owed, RunOrder order) {
    ticket.running = true;
    RunFinished finished;
    try {
      finished =
          executor.execute(
              order,
              new RunObserver() {
                @Override
                public void begun(RunStarted started) {
                  startWritten(ticket, owed);
                  startFaults.written();
                }
              },
              ticket.cancellation);
    } catch (UncheckedIOException e) {
      cannotStart(owed, e);
      return;
    }
    // A file that is written by a thread whose flag is up is closed under it.
    boolean interrupted = Thread.interrupted();
    Retries.after(finished, order.due().job().limits(), clock.instant(), random)
        .ifPresent(agenda::owe);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void startWritten(Ticket ticket, Owed owed) {
    synchronized (ticket) {
      ticket.starting = false;
      agenda.begun(owed);
    }
  }

  /** A full disk, for one: the run waits, and somebody is told. */
  private void cannotStart(Owed owed, UncheckedIOException why) {
    if (!stopping) {
      log.error("a run is due and cannot be started: {} ({})", why.getMessage(), why.getCause());
      startFaults.notWritten(why);
    }
    agenda.postpone(owed.jobId(), clock.instant(), TRY_AGAIN_AFTER);
  }

  private Held awaitSlot(UUID job) throws InterruptedException {
    boolean told = false;
    while (true) {
      int slots = config.get().map(c -> c.settings().maxConcurrentBackups()).orElse(1);
      Optional<Held> slot = locks.trySlot(slots);
      if (slot.isPresent()) {
        return slot.get();
      }
      if (!told) {
        log.info(
            "job \"{}\" waits: {} of {} backups are running on this device",
            nameOf(job),
            slots,
            slots);
        told = true;
      }
      Thread.sleep(LOOK_FOR_A_SLOT_EVERY);
    }
  }

  private String nameOf(UUID job) {
    return config.get().flatMap(c -> c.jobName(job)).orElse("?");
  }

  /** The job may have been changed, switched off or deleted while it waited. */
  private Optional<RunOrder> order(DeviceConfig now, Owed why) {
    return Optional.of(now)
        .filter(c -> c.device().enabled())
        .flatMap(c -> c.plan(why.jobId()))
        .map(plan ->
            new RunOrder(
                DueRun.of(plan.job(), why, agenda.next(now.plans(), clock.instant())),
                now.device(),
                now.settings()));
  }

  /**
   * What was taken out of the queue.
   *
   * @param isStarting whether its turn has come at this very moment: then its run is written down,
   *     and ends as cancelled
   */
  record Dropped(Owed owed, boolean isStarting) {}

  /**
   * Takes out what a job is owed and has not begun with: its turn has not come, or a run before it
   * goes on.
   *
   * @param why goes on with "the run was cancelled"
   * @return empty if nothing waits
   */
  Optional<Dropped> drop(UUID job, String why) {
    Ticket ticket = active.get(job);
    if (ticket == null) {
      return agenda.drop(job).map(owed -> new Dropped(owed, false));
    }
    synchronized (ticket) {
      Optional<Owed> owed = agenda.drop(job);
      if (owed.isPresent() && ticket.starting) {
        ticket.cancellation.cancel(why);
      } else if (owed.isPresent() && !ticket.running) {
        ticket.thread.interrupt();
      }
      boolean isStarting = ticket.starting;
      return owed.map(dropped -> new Dropped(dropped, isStarting));
    }
  }

  /** How many runs go on or wait. */
  int size() {
    return active.size();
  }

  /** Asks all that runs to end, puts off what waits, and takes no more; returns at once. */
  void beginStop() {
    stopping = true;
    active
        .values()
        .forEach(ticket -> {
          ticket.cancellation.agentStops();
          if (!ticket.running) {
            ticket.thread.interrupt();
          }
        });
  }

  /**
   * Waits for the runs' ends.
   *
   * @return whether all have ended
   */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    for (Ticket ticket : active.values()) {
      if (!ticket.thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
        return false;
      }
    }
    return true;
  }
}
