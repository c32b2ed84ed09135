package io.holdfast.agent.run;

import io.holdfast.agent.run.Agenda.PassedOver;
import io.holdfast.agent.run.RunRecord.RunMissed;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes down the due times that no run serves. */
public final class MissedRuns {

  private static final Logger log = LoggerFactory.getLogger(MissedRuns.class);

  private final RunJournal journal;
  private final Function<UUID, Optional<String>> jobNames;
  private final String deviceId;
  private final InstantSource clock;

  /**
   * @param jobNames what the device's jobs are called now
   */
  public MissedRuns(
      RunJournal journal,
      Function<UUID, Optional<String>> jobNames,
      String deviceId,
      InstantSource clock) {
    this.journal = journal;
    this.jobNames = jobNames;
    this.deviceId = deviceId;
    this.clock = clock;
  }

  /** Due times of a schedule. */
  public void record(PassedOver passed) {
    DueTimes times = passed.times();
    write(
        new RunMissed(
            id(String.valueOf(passed.schedule()), times.first()),
            passed.job().id(),
            passed.job().name(),
            deviceId,
            Optional.of(passed.schedule()),
            times.first(),
            times.last(),
            times.count(),
            passed.reason(),
            switch (passed.reason()) {
              case STILL_RUNNING -> "the job's run before had not ended";
              case AWAY -> "the agent could not run at the time, and catch_up is off";
              case CANCELLED -> "it was cancelled while it waited";
            }));
  }

  /** A run that somebody took out while it waited. */
  public void record(Owed owed, MissedBecause reason, String message) {
    Instant due = owed.scheduledFor().orElse(clock.instant());
    write(
        new RunMissed(
            id("job " + owed.jobId(), due),
            owed.jobId(),
            jobNames.apply(owed.jobId()).orElseGet(() -> owed.jobId().toString()),
            deviceId,
            owed.schedules().stream().findFirst(),
            due,
            due,
            1 + owed.missed(),
            reason,
            message));
  }

  private void write(RunMissed missed) {
    log.warn(
        "job \"{}\" was due at {} and is not run for it: {}",
        missed.jobName(),
        missed.firstDueAt(),
        missed.message());
    try {
      journal.missed(missed);
    } catch (UncheckedIOException e) {
      log.error("a missed run could not be written down: {}", e.getMessage());
    }
  }

  /** The same for the same due time, whenever it is found. */
  private static UUID id(String what, Instant due) {
    return UUID.nameUUIDFromBytes((what + " " + due).getBytes(StandardCharsets.UTF_8));
  }
}
