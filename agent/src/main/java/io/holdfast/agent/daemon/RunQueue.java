package io.holdfast.agent.daemon;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.DueRun;
import io.holdfast.agent.run.RunExecutor;
import io.holdfast.agent.run.RunOrder;
import io.holdfast.agent.sync.DeviceConfig;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out due runs side by side, as many as the device allows; the others wait for a slot. */
final class RunQueue {

  private static final Logger log = LoggerFactory.getLogger(RunQueue.class);

  /** A slot may be held by another process, which cannot wake us. */
  private static final Duration LOOK_FOR_A_SLOT_EVERY = Duration.ofMillis(500);

  private final RunExecutor executor;
  private final DeviceLocks locks;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Map<UUID, Thread> active = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /**
   * @param config the newest configuration: what it says when a run's turn comes is what counts
   */
  RunQueue(RunExecutor executor, DeviceLocks locks, Supplier<Optional<DeviceConfig>> config) {
    this.executor = executor;
    this.locks = locks;
    this.config = config;
  }

  /**
   * Takes a due run in; returns at once. A job that runs or waits already is not taken a second
   * time.
   */
  void submit(DueRun due) {
    try {
      start(due, stopping ? Optional.empty() : locks.tryJob(due.job().id()));
    } catch (UncheckedIOException e) {
      log.error("job \"{}\" is due and cannot be started", due.job().name(), e);
    }
  }

  private void start(DueRun due, Optional<Held> job) {
    if (job.isEmpty()) {
      log.warn(
          "job \"{}\" is due but not started: {}",
          due.job().name(),
          stopping ? "the agent is stopping" : "its previous run is still going on");
      return;
    }
    Thread thread =
        Thread.ofVirtual()
            .name("run " + due.job().name())
            .unstarted(() -> carryOut(due, job.get()));
    active.put(due.job().id(), thread);
    thread.start();
  }

  private void carryOut(DueRun due, Held job) {
    try (job;
        Held _ = awaitSlot(due)) {
      Optional<RunOrder> order = order(due);
      if (order.isPresent()) {
        executor.execute(order.get(), _ -> {}, new Cancellation());
      } else {
        log.info(
            "job \"{}\" was due and is not started: it was switched off meanwhile",
            due.job().name());
      }
    } catch (InterruptedException e) {
      log.info("the run of job \"{}\" was ended by the agent's stop", due.job().name());
    } catch (RuntimeException e) {
      log.error("a run of job \"{}\" could not be carried out", due.job().name(), e);
    } finally {
      active.remove(due.job().id());
    }
  }

  private Held awaitSlot(DueRun due) throws InterruptedException {
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
            due.job().name(),
            slots,
            slots);
        told = true;
      }
      Thread.sleep(LOOK_FOR_A_SLOT_EVERY);
    }
  }

  /** The job may have been changed, switched off or deleted while it waited. */
  private Optional<RunOrder> order(DueRun due) {
    return config
        .get()
        .filter(c -> c.device().enabled())
        .flatMap(c ->
            c.plan(due.job().id())
                .map(plan ->
                    new RunOrder(
                        new DueRun(
                            plan.job(), due.triggeredBy(), due.scheduledFor(), due.schedules()),
                        c.device(),
                        c.settings())));
  }

  /** How many runs go on or wait. */
  int size() {
    return active.size();
  }

  /**
   * Cancels all that runs or waits and takes no more.
   *
   * @param patience how long to wait for the runs' ends
   * @return whether all have ended
   */
  boolean stop(Duration patience) throws InterruptedException {
    stopping = true;
    active.values().forEach(Thread::interrupt);
    long deadline = System.nanoTime() + patience.toNanos();
    for (Thread run : active.values()) {
      if (!run.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
        return false;
      }
    }
    return true;
  }
}
