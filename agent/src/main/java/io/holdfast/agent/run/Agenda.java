package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Settings.CatchUp;
import io.holdfast.agent.run.AgendaStore.Memory;
import io.holdfast.agent.run.AgendaStore.WatchedSchedule;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which runs the jobs are owed, and up to when each schedule's due times have been dealt with. It
 * is remembered over the agent's end, so that a time that passed meanwhile is found. A schedule
 * that is new, or was changed or switched on again, counts from that moment. Safe for many threads.
 */
public final class Agenda {

  private static final Logger log = LoggerFactory.getLogger(Agenda.class);

  /**
   * A due time that is found later than this was missed: the agent looks at least twice a minute.
   */
  static final Duration LATE = Duration.ofSeconds(90);

  /** A time further ahead than this was written by a clock that has been set back since. */
  static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private final AgendaStore store;
  private final RandomGenerator random;
  private final Map<Integer, WatchedSchedule> watched = new HashMap<>();
  private final Map<UUID, Owed> owed = new HashMap<>();

  /** Without a memory the control plane's word on the last run is the next best. */
  private boolean trustRows;

  private boolean resumed;
  private Memory saved;

  public Agenda(AgendaStore store, RandomGenerator random) {
    this.store = store;
    this.random = random;
    Optional<Memory> memory = store.load();
    memory.ifPresent(known -> {
      watched.putAll(known.schedules());
      known.owed().forEach(run -> owed.put(run.jobId(), run));
    });
    trustRows = memory.isEmpty();
    saved = memory();
  }

  /** Due times that were passed over. */
  public record PassedOver(Job job, int schedule, DueTimes times, MissedBecause reason) {}

  /**
   * Looks what has become due since the last look: each due time is counted once.
   *
   * @param plans all that the device has to do now; what is no longer among them is forgotten
   * @param running whether a run of this job goes on
   * @param passedOver told of the due times that no run will serve
   * @return the runs that may start, the longest due first; they stay owed until {@link #begun}
   */
  public synchronized List<Owed> look(
      List<JobPlan> plans,
      CatchUp catchUp,
      Instant now,
      Predicate<UUID> running,
      Consumer<PassedOver> passedOver) {
    correct(now);
    watch(plans, now);
    resume(catchUp, now);
    for (JobPlan plan : plans) {
      boolean runs = running.test(plan.job().id());
      for (Schedule schedule : plan.schedules()) {
        DueTimes.of(schedule.timing(), known(schedule), now)
            .ifPresent(times -> {
              watched.put(schedule.id(), counted(known(schedule), now));
              consider(plan.job(), schedule, times, runs, catchUp, now, passedOver);
            });
      }
    }
    save();
    return owed.values().stream()
        .filter(run -> !run.notBefore().isAfter(now))
        .sorted((one, other) -> one.notBefore().compareTo(other.notBefore()))
        .toList();
  }

  private void consider(
      Job job,
      Schedule schedule,
      DueTimes times,
      boolean runs,
      CatchUp catchUp,
      Instant now,
      Consumer<PassedOver> passedOver) {
    if (runs) {
      passedOver.accept(new PassedOver(job, schedule.id(), times, MissedBecause.STILL_RUNNING));
    } else if (!times.last().isBefore(now.minus(LATE))) {
      owe(
          Owed.due(
              job.id(),
              TriggeredBy.SCHEDULE,
              schedule.id(),
              times.first(),
              times.count() - 1,
              now,
              Duration.ZERO));
    } else if (schedule.catchUp()) {
      owe(
          Owed.due(
              job.id(),
              TriggeredBy.MISSED,
              schedule.id(),
              times.first(),
              times.count() - 1,
              now,
              wait(catchUp)));
    } else {
      passedOver.accept(new PassedOver(job, schedule.id(), times, MissedBecause.AWAY));
    }
  }

  private Duration wait(CatchUp catchUp) {
    long jitter = catchUp.jitter().toMillis();
    return catchUp.delay().plusMillis(jitter == 0 ? 0 : random.nextLong(jitter));
  }

  /** Owes a job one run more, or one reason more for the run that it is owed already. */
  public synchronized void owe(Owed run) {
    owed.merge(run.jobId(), run, Owed::and);
    save();
  }

  /** The job is to run now because an admin asked for it. */
  public synchronized void request(UUID job, UUID request, Instant now) {
    owe(Owed.requested(job, request, now));
  }

  /** What the job is owed, if anything. */
  public synchronized Optional<Owed> owed(UUID job) {
    return Optional.ofNullable(owed.get(job));
  }

  public synchronized List<Owed> allOwed() {
    return List.copyOf(owed.values());
  }

  /** Takes out what the job is owed, if anything: it is not to be run for that. */
  public synchronized Optional<Owed> drop(UUID job) {
    Optional<Owed> dropped = Optional.ofNullable(owed.remove(job));
    if (dropped.isPresent()) {
      save();
    }
    return dropped;
  }

  /** The run has been written down as started, or is not to be. A reason that came since stays. */
  public synchronized void begun(Owed run) {
    if (owed.remove(run.jobId(), run)) {
      save();
    }
  }

  /**
   * A run that an agent that died has left open is closed: what was owed for the same reason is not
   * owed any more.
   */
  public synchronized void closed(RunRecord.RunStarted run) {
    Owed still = owed.get(run.jobId());
    if (still != null
        && still.scheduledFor().equals(run.scheduledFor())
        && still.requests().equals(run.requests())
        && (still.retryOf().equals(run.retryOf())
            || still.retryOf().equals(Optional.of(run.id())))) {
      begun(still);
    }
  }

  /** Puts a run off that could not start. */
  public synchronized void postpone(UUID job, Instant now, Duration wait) {
    Owed run = owed.get(job);
    if (run != null) {
      owed.put(job, run.at(run.triggeredBy(), now.plus(wait), wait));
      save();
    }
  }

  /**
   * When each schedule is due next; one that never will be is left out.
   *
   * @param plans all that the device has to do now
   */
  public synchronized Map<Integer, Instant> next(List<JobPlan> plans, Instant now) {
    Map<Integer, Instant> next = new HashMap<>();
    schedules(plans)
        .forEach(schedule -> {
          WatchedSchedule counts = knownOrNew(schedule, now);
          schedule
              .timing()
              .nextDue(counts.since(), counts.counted())
              .ifPresent(at -> next.put(schedule.id(), at));
        });
    return next;
  }

  /** The next moment at which there is something to do; empty if there is none. */
  public synchronized Optional<Instant> nextMoment(List<JobPlan> plans, Instant now) {
    return Stream.concat(
            next(plans, now).values().stream(), owed.values().stream().map(Owed::notBefore))
        // What may start and has not waits for its turn, not for a moment.
        .filter(now::isBefore)
        .min(Instant::compareTo);
  }

  /** A clock that was set back must not keep anything from being due until it has caught up. */
  private void correct(Instant now) {
    Instant latest = now.plus(CLOCK_TOLERANCE);
    watched.replaceAll((_, known) ->
        new WatchedSchedule(
            known.timing(),
            known.since().isAfter(latest) ? now : known.since(),
            known.counted().map(at -> at.isAfter(latest) ? now : at)));
    owed.replaceAll((_, run) ->
        run.notBefore().isAfter(latest.plus(run.delay()))
            ? run.at(run.triggeredBy(), now.plus(run.delay()), run.delay())
            : run);
  }

  private void watch(List<JobPlan> plans, Instant now) {
    Map<Integer, WatchedSchedule> still = new HashMap<>();
    schedules(plans).forEach(schedule -> still.put(schedule.id(), knownOrNew(schedule, now)));
    trustRows = false;
    watched.clear();
    watched.putAll(still);
    Set<UUID> jobs = plans.stream().map(plan -> plan.job().id()).collect(Collectors.toSet());
    owed.keySet().retainAll(jobs);
  }

  private WatchedSchedule knownOrNew(Schedule schedule, Instant now) {
    String timing = schedule.timing().text();
    WatchedSchedule known = watched.get(schedule.id());
    if (known != null && known.timing().equals(timing)) {
      return known;
    }
    Optional<Instant> lastRun =
        schedule.lastRunAt().filter(last -> !last.isAfter(now.plus(CLOCK_TOLERANCE)));
    return new WatchedSchedule(timing, trustRows ? lastRun.orElse(now) : now, lastRun);
  }

  /** What was owed when the agent ended is made up for as any missed run is. */
  private void resume(CatchUp catchUp, Instant now) {
    if (resumed) {
      return;
    }
    resumed = true;
    owed.replaceAll((_, run) ->
        switch (run.triggeredBy()) {
          case SCHEDULE, MISSED -> {
            Duration wait = wait(catchUp);
            yield run.at(TriggeredBy.MISSED, now.plus(wait), wait);
          }
          case RETRY, REQUEST, MANUAL -> run;
        });
  }

  private static Stream<Schedule> schedules(List<JobPlan> plans) {
    return plans.stream().flatMap(plan -> plan.schedules().stream());
  }

  private static WatchedSchedule counted(WatchedSchedule known, Instant now) {
    return new WatchedSchedule(known.timing(), known.since(), Optional.of(now));
  }

  private WatchedSchedule known(Schedule schedule) {
    WatchedSchedule known = watched.get(schedule.id());
    if (known == null) {
      throw new IllegalStateException("schedule " + schedule.id() + " is not watched: a bug");
    }
    return known;
  }

  private Memory memory() {
    return new Memory(watched, List.copyOf(owed.values()));
  }

  private void save() {
    Memory memory = memory();
    if (memory.equals(saved)) {
      return;
    }
    try {
      store.save(memory);
      saved = memory;
    } catch (UncheckedIOException e) {
      // It holds as long as the agent runs; the next change tries again.
      log.error("{} ({})", e.getMessage(), String.valueOf(e.getCause()));
    }
  }
}
