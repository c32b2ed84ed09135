package io.holdfast.agent.proof;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.RepositoryGate;
import io.holdfast.agent.run.ResticProvider;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.Told;
import io.holdfast.agent.run.TriggeredBy;
import io.holdfast.agent.run.Verdict;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out one restore test and writes down what came of it. */
public final class Prover {

  private static final Logger log = LoggerFactory.getLogger(Prover.class);

  /** A repository that hangs must not keep a slot for ever: this, and a second for each MB. */
  private static final Duration AT_LEAST = Duration.ofHours(6);

  private static final long BYTES_IN_A_SECOND = 1_000_000;

  private final ResticProvider provider;
  private final RepositoryGate gate;
  private final RunJournal journal;
  private final FailedFiles failedBefore;
  private final Told.Source source;
  private final Path scratch;
  private final String deviceId;
  private final Clock clock;
  private final RandomGenerator random;

  /**
   * @param scratch where samples are restored to; the caller sees to it that no two tests use it
   */
  public Prover(
      ResticProvider provider,
      RepositoryGate gate,
      RunJournal journal,
      FailedFiles failedBefore,
      Told.Source source,
      Path scratch,
      String deviceId,
      Clock clock,
      RandomGenerator random) {
    this.provider = provider;
    this.gate = gate;
    this.journal = journal;
    this.failedBefore = failedBefore;
    this.source = source;
    this.scratch = scratch;
    this.deviceId = deviceId;
    this.clock = clock;
    this.random = random;
  }

  /** What is to be tested. */
  public record Wish(Job job, Settings settings, int files, long bytes, TriggeredBy why) {}

  /**
   * Tests the job's newest snapshot; how it ended is in the journal already.
   *
   * @throws InterruptedException if the thread was interrupted
   */
  public ProofEnded prove(Wish wish, Cancellation cancellation) throws InterruptedException {
    Instant begun = clock.instant().truncatedTo(ChronoUnit.MICROS);
    UUID id = RunId.at(begun, random).value();
    log.info("a restore test of job \"{}\" begins", wish.job().name());
    RestoreTest.Result result = result(wish, id, cancellation);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    ProofEnded ended =
        new ProofEnded(
            id,
            wish.job().id(),
            wish.job().name(),
            deviceId,
            result.snapshotId(),
            wish.why(),
            begun,
            now.isBefore(begun) ? begun : now,
            result.verdict(),
            result.files(),
            result.bytes(),
            result.withSource(),
            result.failures());
    // A file that is written by a thread whose flag is up is closed under it.
    boolean interrupted = Thread.interrupted();
    journal.ended(ended);
    if (ended.verdict().outcome() == Outcome.SUCCESS || !ended.failures().isEmpty()) {
      failedBefore.remember(wish.job().id(), ended.failures());
    }
    log.info(
        "the restore test of job \"{}\" ended: {} {}",
        wish.job().name(),
        result.verdict().outcome().word(),
        result.verdict().sentence());
    if (interrupted) {
      throw new InterruptedException();
    }
    return ended;
  }

  private RestoreTest.Result result(Wish wish, UUID id, Cancellation cancellation)
      throws InterruptedException {
    Optional<Verdict> missing = RepositoryAccess.missing(wish.settings());
    if (missing.isPresent()) {
      return RestoreTest.Result.without(missing.get(), Optional.empty());
    }
    try {
      Restic restic = provider.get();
      Repository repository = RepositoryAccess.of(wish.settings());
      try (RepositoryGate.Pass _ = gate.enter(restic, repository, id, cancellation, () -> {})) {
        return within(
            limit(wish),
            cancellation,
            limited -> {
              RepositoryReader reader =
                  new RepositoryReader(restic, repository, true, limited, _ -> {});
              Told told = source.of(List.of(wish.job().id()));
              return new RestoreTest(reader, scratch, limited, random)
                  .test(
                      SnapshotTags.ofJob(wish.job().id()),
                      snapshot -> told.counts(snapshot, clock.instant()),
                      wish.files(),
                      wish.bytes(),
                      failedBefore.of(wish.job().id()));
            });
      }
    } catch (ResticUnavailable e) {
      return RestoreTest.Result.without(
          Verdict.failed(e.code(), e.getMessage(), e.remedy()), Optional.empty());
    }
  }

  private static Duration limit(Wish wish) {
    return AT_LEAST.plusSeconds(wish.bytes() / BYTES_IN_A_SECOND);
  }

  /** A test that breaks is told like one that fails; else it would be due again, for ever. */
  private static RestoreTest.Result orBroken(
      Function<Cancellation, RestoreTest.Result> test, Cancellation limited) {
    try {
      return test.apply(limited);
    } catch (RuntimeException e) {
      log.error("the restore test broke", e);
      return RestoreTest.Result.without(
          Verdict.failed(
              "proof-broken",
              "the restore test broke before its end: "
                  + Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName()),
              "The agent's log has more; report it as a bug."),
          Optional.empty());
    }
  }

  /** What a test comes to that has so much time. */
  static RestoreTest.Result within(
      Duration limit, Cancellation cancellation, Function<Cancellation, RestoreTest.Result> test) {
    long begin = System.nanoTime();
    RestoreTest.Result result =
        orBroken(
            test,
            cancellation.or(() ->
                System.nanoTime() - begin > limit.toNanos()
                    ? Optional.of("since it took too long")
                    : Optional.empty()));
    return result.verdict().outcome() == Outcome.CANCELLED && !cancellation.isCancelled()
        ? RestoreTest.Result.without(
            Verdict.failed(
                "proof-timeout",
                "the restore test took longer than " + limit.toSeconds() + " s and was ended",
                "Look at the repository's storage and at the way there, or lower verify_bytes."),
            result.snapshotId())
        : result;
  }
}
