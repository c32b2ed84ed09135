package io.holdfast.agent.run;

import io.holdfast.agent.run.DueRun.FiredSchedule;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.schedule.Timing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Remembers since when each schedule is watched and when it last fired, and says what is due. A
 * schedule that is new, or was changed or switched on again, counts from that moment. Safe for many
 * threads.
 */
public final class DueRuns {

  /** What is known of one schedule. */
  private record Watched(Timing timing, Instant since, Optional<Instant> firedAt) {}

  private final Map<Integer, Watched> watched = new HashMap<>();

  /**
   * Takes what is due: each due time is given out once, and several schedules of one job that are
   * due at once become one run.
   *
   * @param plans all that the device has to do now; what is no longer among them is forgotten
   */
  public synchronized List<DueRun> take(List<JobPlan> plans, Instant now) {
    watch(plans, now);
    List<DueRun> due = new ArrayList<>();
    for (JobPlan plan : plans) {
      List<Instant> times = new ArrayList<>();
      List<FiredSchedule> fired = new ArrayList<>();
      for (Schedule schedule : plan.schedules()) {
        Optional<Instant> time = nextDue(schedule).filter(next -> !next.isAfter(now));
        if (time.isPresent()) {
          times.add(time.get());
          fired.add(fire(schedule, now));
        }
      }
      times.stream()
          .min(Comparator.naturalOrder())
          .ifPresent(earliest ->
              due.add(new DueRun(plan.job(), TriggeredBy.SCHEDULE, Optional.of(earliest), fired)));
    }
    return due;
  }

  /**
   * When each schedule is due next; one that never will be is left out.
   *
   * @param plans all that the device has to do now
   */
  public synchronized Map<Integer, Instant> next(List<JobPlan> plans, Instant now) {
    watch(plans, now);
    Map<Integer, Instant> next = new HashMap<>();
    schedules(plans)
        .forEach(schedule -> nextDue(schedule).ifPresent(at -> next.put(schedule.id(), at)));
    return next;
  }

  private void watch(List<JobPlan> plans, Instant now) {
    Map<Integer, Watched> still = new HashMap<>();
    schedules(plans)
        .forEach(schedule -> {
          Watched known = watched.get(schedule.id());
          still.put(
              schedule.id(),
              known != null && known.timing().equals(schedule.timing())
                  ? known
                  : new Watched(schedule.timing(), now, Optional.empty()));
        });
    watched.clear();
    watched.putAll(still);
  }

  private static Stream<Schedule> schedules(List<JobPlan> plans) {
    return plans.stream().flatMap(plan -> plan.schedules().stream());
  }

  private FiredSchedule fire(Schedule schedule, Instant now) {
    Watched before = known(schedule);
    watched.put(schedule.id(), new Watched(before.timing(), before.since(), Optional.of(now)));
    return new FiredSchedule(schedule.id(), nextDue(schedule));
  }

  private Optional<Instant> nextDue(Schedule schedule) {
    Watched known = known(schedule);
    Optional<Instant> lastRunAt =
        Stream.of(schedule.lastRunAt(), known.firedAt())
            .flatMap(Optional::stream)
            .max(Comparator.naturalOrder());
    return new Schedule(schedule.id(), schedule.jobId(), schedule.timing(), lastRunAt)
        .nextDue(known.since());
  }

  private Watched known(Schedule schedule) {
    Watched known = watched.get(schedule.id());
    if (known == null) {
      throw new IllegalStateException("schedule " + schedule.id() + " is not watched: a bug");
    }
    return known;
  }
}
