package io.holdfast.agent.daemon;

import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Orphan;
import io.holdfast.agent.restore.AskedRestore;
import io.holdfast.agent.restore.JobRef;
import io.holdfast.agent.restore.Restorer;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.run.OpenRestores;
import io.holdfast.agent.run.OpenRestores.OpenRestore;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.sync.DeviceConfig;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores what rows ask for, one after the other and beside the backups. Nothing that waits is
 * kept here: the control plane gives it again. What has begun is never begun a second time.
 */
final class RestoreTurn implements Loop.Turn {

  private static final Logger log = LoggerFactory.getLogger(RestoreTurn.class);

  private static final Duration LOOK_FOR_A_SLOT_EVERY = Duration.ofMillis(500);
  private static final Duration SOMETHING_LEFT = Duration.ofMinutes(1);

  private final Restorer restorer;
  private final OpenRestores open;
  private final RunJournal journal;
  private final DeviceLocks locks;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Runnable changed;
  private final Map<UUID, Ticket> tickets = new LinkedHashMap<>();
  private final Set<UUID> taken = new HashSet<>();
  private final List<RestoreEnded> untold = new ArrayList<>();
  private @Nullable UUID running;
  private volatile boolean stopping;

  /** One that waits or goes on. */
  private record Ticket(AskedRestore asked, Cancellation cancellation) {}

  /**
   * @param changed told when one has come in or has ended
   */
  RestoreTurn(
      Restorer restorer,
      OpenRestores open,
      RunJournal journal,
      DeviceLocks locks,
      Supplier<Optional<DeviceConfig>> config,
      Runnable changed) {
    this.restorer = restorer;
    this.open = open;
    this.journal = journal;
    this.locks = locks;
    this.config = config;
    this.changed = changed;
  }

  /** Takes one in; returns at once. What the machine does not permit has ended by then. */
  void submit(AskedRestore asked) {
    Optional<RestoreEnded> refused = restorer.refusal(asked);
    synchronized (this) {
      if (stopping || !taken.add(asked.request())) {
        return;
      }
      if (refused.isEmpty()) {
        tickets.put(asked.request(), new Ticket(asked, new Cancellation()));
      }
    }
    refused.ifPresent(this::tell);
    changed.run();
  }

  /**
   * Asks one to end.
   *
   * @param why goes on with "the restore was cancelled"
   * @return whether it waits or goes on
   */
  boolean cancel(UUID request, String why) {
    Ticket ticket;
    boolean waits;
    synchronized (this) {
      ticket = tickets.get(request);
      if (ticket == null) {
        return false;
      }
      ticket.cancellation().cancel(why);
      waits = !request.equals(running);
      if (waits) {
        tickets.remove(request);
      }
    }
    if (waits) {
      ended(restorer.dropped(ticket.asked(), ticket.cancellation()));
    }
    return true;
  }

  @Override
  public Duration take() throws InterruptedException {
    tellAgain();
    boolean left = closeWhatWasLeft() || somethingIsUntold();
    Optional<DeviceConfig> now = config.get().filter(known -> known.device().enabled());
    if (stopping || waiting().isEmpty() || now.isEmpty()) {
      return left ? SOMETHING_LEFT : Loop.UNTIL_WOKEN;
    }
    // As a backup would: the machine does no more at once than it may.
    Optional<Held> slot = locks.trySlot(now.get().settings().maxConcurrentBackups());
    if (slot.isEmpty()) {
      return LOOK_FOR_A_SLOT_EVERY;
    }
    try (Held _ = slot.get()) {
      Optional<Ticket> next = begin();
      if (next.isPresent()) {
        carryOut(next.get(), now.get());
      }
    }
    return Duration.ZERO;
  }

  private synchronized List<Ticket> waiting() {
    return List.copyOf(tickets.values());
  }

  private synchronized Optional<Ticket> begin() {
    Optional<Ticket> next = tickets.values().stream().findFirst();
    running = next.map(ticket -> ticket.asked().request()).orElse(null);
    return next;
  }

  private void carryOut(Ticket ticket, DeviceConfig now) throws InterruptedException {
    Optional<RestoreEnded> ended;
    try {
      ended =
          restorer.restore(
              ticket.asked(), now.settings(), jobs(ticket.asked(), now), ticket.cancellation());
    } catch (RuntimeException e) {
      log.error("restore {} broke", ticket.asked().request(), e);
      ended = Optional.of(restorer.broken(ticket.asked(), e));
    }
    // A file that is written by a thread whose flag is up is closed under it.
    boolean interrupted = Thread.interrupted();
    ended.ifPresent(this::ended);
    if (interrupted) {
      throw new InterruptedException();
    }
  }

  /** Of another device's job, or of one that is switched off, the id is enough. */
  private static List<JobRef> jobs(AskedRestore asked, DeviceConfig now) {
    List<JobRef> jobs = new ArrayList<>();
    now.plans().forEach(plan -> jobs.add(new JobRef(plan.job().id(), plan.job().name())));
    asked
        .jobId()
        .filter(id -> now.plan(id).isEmpty())
        .ifPresent(id -> jobs.add(new JobRef(id, id.toString())));
    return jobs;
  }

  private void ended(RestoreEnded ended) {
    tell(ended);
    log.info(
        "restore {} ended: {} {}",
        ended.uuid(),
        ended.verdict().outcome().word(),
        ended.verdict().sentence());
    synchronized (this) {
      tickets.remove(ended.uuid());
    }
    changed.run();
  }

  /** The result is written down before what would tell of it after a crash goes. */
  private void tell(RestoreEnded ended) {
    try {
      journal.restore(ended);
      open.close(ended.uuid());
    } catch (UncheckedIOException e) {
      log.error("{} ({}); it is tried again", e.getMessage(), String.valueOf(e.getCause()));
      synchronized (this) {
        untold.add(ended);
      }
    }
  }

  private void tellAgain() {
    List<RestoreEnded> again;
    synchronized (this) {
      again = List.copyOf(untold);
      untold.clear();
    }
    again.forEach(this::tell);
  }

  /**
   * Closes those that an agent that died has left, or a process of ours that did not.
   *
   * @return whether something is left to do
   */
  private boolean closeWhatWasLeft() throws InterruptedException {
    for (OpenRestore left : open.all()) {
      if (isUntold(left.start().uuid())) {
        continue;
      }
      if (Orphan.end(left.restic(), Restorer.markOf(left.start().uuid()))) {
        synchronized (this) {
          taken.add(left.start().uuid());
        }
        ended(restorer.left(left.start()));
      }
    }
    return !open.all().isEmpty();
  }

  private synchronized boolean isUntold(UUID request) {
    return untold.stream().anyMatch(ended -> ended.uuid().equals(request));
  }

  private synchronized boolean somethingIsUntold() {
    return !untold.isEmpty();
  }

  /** Ends cleanly what goes on, and takes no more; returns at once. */
  void beginStop() {
    stopping = true;
    waiting().forEach(ticket -> ticket.cancellation().agentStops());
  }
}
