package io.holdfast.agent.run;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Where the agenda outlives the agent. */
public interface AgendaStore {

  /**
   * All that has to be remembered.
   *
   * @param schedules by the schedule's id
   */
  record Memory(Map<Integer, WatchedSchedule> schedules, List<Owed> owed) {
    public Memory {
      schedules = Map.copyOf(schedules);
      owed = List.copyOf(owed);
    }
  }

  /**
   * What is known of one schedule.
   *
   * @param timing as it was when it was seen; another one makes it a new schedule
   * @param since when it was seen first
   * @param counted up to when its due times have been dealt with
   */
  record WatchedSchedule(String timing, Instant since, Optional<Instant> counted) {
    public WatchedSchedule {
      Objects.requireNonNull(timing, "timing");
      Objects.requireNonNull(since, "since");
      Objects.requireNonNull(counted, "counted");
    }
  }

  /** What was remembered; empty if nothing was, or if it cannot be trusted. */
  Optional<Memory> load();

  /**
   * Remembers this in place of what was there; when it returns it survives a crash.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void save(Memory memory);
}
