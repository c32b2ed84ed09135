package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.agent.job.LogLevel;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.job.Settings.CatchUp;
import io.holdfast.agent.job.Settings.Housekeeping;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.restic.LockPolicy;
import io.holdfast.agent.restic.LockPolicy.Holder;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticFinder;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.state.OpenRunFiles;
import io.holdfast.agent.testing.EmptyRepository;
import io.holdfast.agent.testing.Records;
import io.holdfast.agent.testing.ResticBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a killed restic leaves in the repository, and how long it stays there. */
class AftermathIT {

  private static final String PASSWORD = "aftermath";
  private static final RunStarted RUN = Records.started(1);

  @TempDir private Path directory;
  private Path repository;
  private OpenRuns openRuns;
  private Aftermath aftermath;
  private Instant killed = Instant.EPOCH;

  @BeforeEach
  void aRunHasBegun() throws Exception {
    repository = directory.resolve("repository");
    EmptyRepository.make(repository, PASSWORD);
    openRuns = new OpenRunFiles(directory.resolve("open-runs"), Clock.systemUTC());
    Restic restic =
        new Restic(
            ResticFinder.find(Optional.of(ResticBinaries.current()), Optional.empty()),
            Files.createDirectory(directory.resolve("private")),
            directory.resolve("cache"));
    aftermath =
        new Aftermath(
            openRuns,
            () -> restic,
            new LockPolicy(hostname(), uid(), AftermathIT::holder),
            step -> {
              step.take();
              return true;
            });
    openRuns.open(RUN);
  }

  /** Kills the run's restic while it holds its lock in the repository, where that stays. */
  private ProcessIdentity killAtWork() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            ResticBinaries.current().toString(), "backup", "--stdin", "--no-cache", "--quiet");
    builder
        .environment()
        .putAll(Map.of("RESTIC_REPOSITORY", repository.toString(), "RESTIC_PASSWORD", PASSWORD));
    builder.redirectErrorStream(true).redirectOutput(directory.resolve("said").toFile());
    // Its input does not end, and so neither does it.
    Process process = builder.start();
    ProcessIdentity identity = ProcessIdentity.of(process.toHandle()).orElseThrow();
    await().atMost(Duration.ofMinutes(3)).until(() -> locks() == 1);
    assertThat(process.destroyForcibly().waitFor(1, TimeUnit.MINUTES)).isTrue();
    killed = Instant.now();
    return identity;
  }

  private long locks() throws IOException {
    try (Stream<Path> files = Files.list(repository.resolve("locks"))) {
      return files.filter(file -> file.getFileName().toString().matches("[0-9a-f]{64}")).count();
    }
  }

  private static String hostname() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
  }

  private long uid() throws IOException {
    return ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
  }

  private static Holder holder(long pid) {
    return ProcessHandle.of(pid).isPresent() ? Holder.SOMETHING_ELSE : Holder.GONE;
  }

  private Settings settings() {
    return new Settings(
        Duration.ofMinutes(5),
        true,
        1,
        RepositoryUrl.of(repository.toString()),
        Optional.of(new Secret(PASSWORD)),
        Optional.empty(),
        false,
        Map.of(),
        Duration.ofMinutes(30),
        new CatchUp(Duration.ZERO, Duration.ZERO),
        new Housekeeping(Duration.ofMinutes(5), Duration.ofMinutes(30)),
        false,
        LogLevel.INFO);
  }

  private boolean settle(Duration later) throws InterruptedException {
    return aftermath.settle(settings(), killed.plus(later));
  }

  @Test
  void a_lock_whose_holder_was_written_down_goes_at_once() throws Exception {
    openRuns.restic(RUN.id(), killAtWork());
    openRuns.aftermath(RUN.id());

    assertThat(settle(Duration.ZERO)).isTrue();

    assertThat(locks()).isZero();
    assertThat(openRuns.all()).isEmpty();
  }

  @Test
  void a_lock_whose_holder_nobody_wrote_down_goes_when_it_has_stayed_the_same_for_long_enough()
      throws Exception {
    killAtWork();
    openRuns.aftermath(RUN.id());

    assertThat(settle(Duration.ZERO)).isFalse();
    assertThat(settle(Duration.ofMinutes(9))).isFalse();
    assertThat(locks()).isOne();
    assertThat(openRuns.all()).hasSize(1);
    assertThat(settle(Duration.ofMinutes(11))).isTrue();

    assertThat(locks()).isZero();
    assertThat(openRuns.all()).isEmpty();
  }

  @Test
  void a_lock_from_before_the_run_is_none_of_its_own_and_stays() throws Exception {
    killAtWork();
    openRuns.close(RUN.id());
    RunStarted later = startedAt(killed.plusSeconds(60));
    openRuns.open(later);
    openRuns.aftermath(later.id());

    assertThat(settle(Duration.ofMinutes(11))).isTrue();

    assertThat(locks()).isOne();
    assertThat(openRuns.all()).isEmpty();
  }

  private static RunStarted startedAt(Instant at) {
    return Records.started(
        Math.toIntExact(Duration.between(Records.NOON, at).toMinutes()) + 1,
        RUN.jobId(),
        RUN.deviceId());
  }
}
