package io.holdfast.agent.testing;

import io.holdfast.agent.run.DueRun.FiredSchedule;
import io.holdfast.agent.run.HousekeepingRun;
import io.holdfast.agent.run.MissedBecause;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.RunRecord.RunVersions;
import io.holdfast.agent.run.RunStatistics;
import io.holdfast.agent.run.TriggeredBy;
import io.holdfast.agent.run.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** Run records for tests. */
public final class Records {

  public static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

  private Records() {}

  /** The nth run, a minute after the one before. */
  public static RunStarted started(int nth) {
    return started(nth, UUID.fromString("11111111-2222-3333-4444-555555555555"), "test-device");
  }

  public static RunStarted started(int nth, UUID job, String device) {
    Instant at = NOON.plusSeconds(60L * nth);
    return new RunStarted(
        RunId.at(at, new Random(nth)),
        job,
        "home",
        device,
        at,
        TriggeredBy.SCHEDULE,
        Optional.of(at.minusMillis(1500)),
        List.of(new FiredSchedule(7, Optional.of(at.plusSeconds(3600)))),
        1,
        Optional.empty(),
        List.of(),
        0);
  }

  /** The nth time that something was done to the repository. */
  public static HousekeepingEnded housekeeping(int nth) {
    Instant at = NOON.plusSeconds(60L * nth);
    return new HousekeepingEnded(
        new HousekeepingRun(
            new UUID(8, nth),
            "check-data",
            "ab".repeat(32),
            "test-device",
            Optional.of("offsite"),
            Optional.of(3),
            17,
            at),
        at.plusSeconds(5),
        Verdict.success(),
        Optional.of(0),
        Map.of("part", 2, "parts", 30),
        "no errors were found\n",
        "");
  }

  /** The nth restore test. */
  public static ProofEnded proof(int nth) {
    Instant at = NOON.plusSeconds(60L * nth);
    return new ProofEnded(
        new UUID(9, nth),
        UUID.fromString("11111111-2222-3333-4444-555555555555"),
        "home",
        "test-device",
        Optional.of("cd".repeat(32)),
        TriggeredBy.SCHEDULE,
        at,
        at.plusSeconds(5),
        Verdict.failed("proof-failed", "1 of 2 files did not come back", "Look."),
        1,
        1024,
        1,
        List.of("/home/jane/precious"));
  }

  /** The nth restore that a row asks for. */
  public static RestoreStarted restoreStarted(int nth) {
    return new RestoreStarted(
        new UUID(10, nth),
        "test-device",
        Optional.of("home"),
        Optional.of("ef".repeat(32)),
        "/srv/restored",
        NOON.plusSeconds(60L * nth));
  }

  public static RestoreEnded restoreEnded(int nth) {
    RestoreStarted started = restoreStarted(nth);
    return new RestoreEnded(
        started,
        started.startedAt().plusSeconds(5),
        Verdict.partial("restore-partial", "1 file was not restored", "Look."),
        12,
        2048,
        1,
        List.of("/home/jane/precious"));
  }

  /** The nth due time that was passed over. */
  public static RunMissed missed(int nth) {
    Instant at = NOON.plusSeconds(60L * nth);
    return new RunMissed(
        new UUID(7, nth),
        UUID.fromString("11111111-2222-3333-4444-555555555555"),
        "home",
        "test-device",
        Optional.of(7),
        at,
        at.plusSeconds(60),
        2,
        MissedBecause.STILL_RUNNING,
        "the job's run before had not ended");
  }

  public static RunFinished finished(RunStarted start) {
    return finished(start, Verdict.success());
  }

  public static RunFinished finished(RunStarted start, Verdict verdict) {
    return new RunFinished(
        start,
        start.startedAt().plusSeconds(42),
        Duration.ofMillis(41_700),
        verdict,
        false,
        Optional.of(0),
        Optional.of("caf83f73".repeat(8)),
        Optional.of(new RunStatistics(3_000_000_000L, 2, 3, 4, 5, 6, 7, Optional.of(5L), 8, 9)),
        "{\"message_type\":\"summary\"}",
        "",
        0,
        new RunVersions("0.1.0", Optional.of("0.18.0")));
  }
}
