package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.holdfast.agent.restic.RepositoryProbe.State;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The real restic, every one that is listed. */
class ResticIT {

  @TempDir private Path directory;
  private Path source = Path.of("");

  @BeforeEach
  void makeSource() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("one"), "one");
    Files.createDirectory(directory.resolve("private"));
    Files.createDirectory(directory.resolve("repos"));
  }

  private Restic restic(Path binary) throws ResticUnavailable {
    return new Restic(
        ResticFinder.find(Optional.of(binary), Optional.empty()),
        directory.resolve("private"),
        directory.resolve("cache"));
  }

  private Repository repository(String password) {
    return new Repository(
        new Secret(directory.resolve("repos/repo").toString()),
        new Secret(password),
        Optional.empty(),
        Map.of());
  }

  private static BackupCommand command(Path... sources) {
    return new BackupCommand(
        "host",
        Stream.of(sources).map(Path::toString).toList(),
        List.of(),
        List.of("tag"),
        List.of());
  }

  private static BackupReport backup(Restic restic, Repository repository, BackupCommand command) {
    return restic.backup(repository, command, Watches.of(_ -> {}));
  }

  @TestOnEveryRestic
  void a_repository_is_missing_then_made_then_open_and_refuses_another_password(Path binary)
      throws Exception {
    Restic restic = restic(binary);
    assertThat(restic.probe(repository("right")).state()).isEqualTo(State.MISSING);
    assertThat(backup(restic, repository("right"), command(source)).meaning())
        .isEqualTo(ExitMeaning.NO_REPOSITORY);
    assertThat(restic.init(repository("right"))).isEqualTo(new InitReport(true, ""));
    assertThat(restic.probe(repository("right")).state()).isEqualTo(State.OPEN);
    assertThat(restic.probe(repository("wrong")).state()).isEqualTo(State.WRONG_PASSWORD);
    assertThat(backup(restic, repository("wrong"), command(source)).meaning())
        .isEqualTo(ExitMeaning.WRONG_PASSWORD);
    assertThat(restic.init(repository("wrong")).initialised()).isFalse();
    assertThat(restic.init(repository("right"))).isEqualTo(new InitReport(true, ""));
    assertThat(directory.resolve("repos/repo/keys").toFile().list()).hasSize(1);
  }

  @TestOnEveryRestic
  void a_place_that_cannot_be_reached_is_never_called_missing(Path binary) throws Exception {
    Restic restic = restic(binary);
    for (String url :
        List.of(
            directory.resolve("unmounted/disk/repo").toString(),
            "sftp:nobody@127.0.0.1:/no-server-listens-here")) {
      RepositoryProbe probe =
          restic.probe(
              new Repository(new Secret(url), new Secret("x"), Optional.empty(), Map.of()));
      assertThat(probe.state()).as(url).isEqualTo(State.UNREACHABLE);
      assertThat(probe.remedy()).isNotEmpty();
    }
  }

  @TestOnEveryRestic
  void what_is_wrong_with_the_patterns_of_a_job_is_told_by_every_version(Path binary)
      throws Exception {
    Restic restic = restic(binary);
    assertThat(restic.init(repository("right")).initialised()).isTrue();
    BackupReport broken =
        backup(
            restic,
            repository("right"),
            new BackupCommand(
                "host", List.of(source.toString()), List.of("[a-"), List.of(), List.of()));
    assertThat(broken.meaning()).isEqualTo(ExitMeaning.FAILED);
    assertThat(broken.fatalMessage().orElseThrow()).contains("invalid pattern(s) provided:");
    assertThat(broken.fatalMessage().orElseThrow() + broken.standardError()).contains("[a-");
    BackupReport long140 =
        backup(
            restic,
            repository("right"),
            new BackupCommand(
                "host",
                List.of(source.toString()),
                List.of("x".repeat(140_000)),
                List.of(),
                List.of()));
    assertThat(long140.meaning()).isEqualTo(ExitMeaning.NOT_STARTED);
    assertThat(long140.fatalMessage().orElseThrow()).contains("Argument list too long");
  }

  @TestOnEveryRestic
  void a_snapshot_is_asked_which_sources_it_does_not_hold(Path binary) throws Exception {
    Restic restic = restic(binary);
    assertThat(restic.init(repository("right")).initialised()).isTrue();
    Path other = Files.createDirectory(directory.resolve("other"));
    Path deep = Files.createDirectories(source.resolve("deep/er"));
    Path file = Files.writeString(directory.resolve("file"), "x");
    List<String> sources =
        List.of(source.toString(), other + "/", deep.toString(), file.toString());
    BackupReport report =
        backup(
            restic,
            repository("right"),
            new BackupCommand("host", sources, List.of("other", "er"), List.of(), List.of()));
    String id = report.summary().flatMap(BackupSummary::snapshotId).orElseThrow();
    assertThat(restic.notHeld(repository("right"), id, sources, Duration.ofMinutes(5)))
        .containsExactly(other + "/", deep.toString());
    assertThat(restic.notHeld(repository("wrong"), id, sources, Duration.ofMinutes(5)))
        .as("it does not answer")
        .isEmpty();
  }

  /** What a REST server that is away does to a backup, which tries for a quarter of an hour. */
  @TestOnEveryRestic
  void a_server_that_is_away_is_told_and_a_cancel_takes_seconds(Path binary) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    server.start();
    try {
      Cancellation cancellation = new Cancellation();
      AtomicReference<String> trouble = new AtomicReference<>("");
      BackupReport report =
          restic(binary)
              .backup(
                  new Repository(
                      new Secret(
                          "rest:http://u:s3cret@127.0.0.1:" + server.getAddress().getPort() + "/"),
                      new Secret("x"),
                      Optional.empty(),
                      Map.of()),
                  command(source),
                  Watches.of(
                      progress -> {
                        progress.trouble().ifPresent(trouble::set);
                        cancellation.cancel("by request of alice");
                      },
                      cancellation));
      if (report.meaning() == ExitMeaning.CANCELLED) {
        assertThat(trouble.get()).contains("restic tries again: ").doesNotContain("s3cret");
        assertThat(report.leavesDoubt()).as("it had not opened its repository").isFalse();
      } else {
        // One that gives up at once needs no cancelling.
        assertThat(report.meaning()).isEqualTo(ExitMeaning.FAILED);
      }
      assertThat(report.duration()).isLessThan(Duration.ofMinutes(2));
    } finally {
      server.stop(0);
    }
  }

  @TestOnEveryRestic
  void two_that_initialise_at_the_same_moment_make_one_repository(Path binary) throws Exception {
    Restic one = restic(binary);
    Restic other = restic(binary);
    CompletableFuture<InitReport> first = inBackground(() -> one.init(repository("right")));
    CompletableFuture<InitReport> second = inBackground(() -> other.init(repository("right")));
    assertThat(first.get()).isEqualTo(new InitReport(true, ""));
    assertThat(second.get()).isEqualTo(new InitReport(true, ""));
    assertThat(one.probe(repository("right")).state()).isEqualTo(State.OPEN);
    assertThat(directory.resolve("repos/repo/keys").toFile().list()).hasSize(1);
  }

  private static <T> CompletableFuture<T> inBackground(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(task.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  @TestOnEveryRestic
  void a_server_that_has_none_is_missing_and_one_that_forbids_is_not(Path binary) throws Exception {
    Restic restic = restic(binary);
    assertThat(probeOfServer(restic, 404).state()).isEqualTo(State.MISSING);
    RepositoryProbe forbidden = probeOfServer(restic, 403);
    assertThat(forbidden.state()).isEqualTo(State.UNREACHABLE);
    assertThat(forbidden.message()).contains("403 Forbidden").doesNotContain("s3cret");
  }

  private static RepositoryProbe probeOfServer(Restic restic, int status) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    try {
      String url =
          "rest:http://user:s3cret@127.0.0.1:" + server.getAddress().getPort() + "/any/404/path/";
      return restic.probe(
          new Repository(new Secret(url), new Secret("x"), Optional.empty(), Map.of()));
    } finally {
      server.stop(0);
    }
  }

  @TestOnEveryRestic
  void a_directory_that_may_not_be_read_is_never_called_missing(Path binary) throws Exception {
    Path closed = Files.createDirectory(directory.resolve("closed"));
    Path repository = Files.createDirectory(closed.resolve("repo"));
    Restic restic = restic(ResticBinaries.bound(binary, directory));
    Files.setPosixFilePermissions(repository, PosixFilePermissions.fromString("---------"));
    try {
      assertThat(
              restic
                  .probe(
                      new Repository(
                          new Secret(repository.toString()),
                          new Secret("x"),
                          Optional.empty(),
                          Map.of()))
                  .state())
          .isEqualTo(State.UNREACHABLE);
    } finally {
      Files.setPosixFilePermissions(repository, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @TestOnEveryRestic
  void a_locked_repository_is_called_locked(Path binary) throws Exception {
    Restic restic =
        new Restic(
            ResticFinder.find(Optional.of(binary), Optional.empty()),
            directory.resolve("private"),
            directory.resolve("cache"));
    restic.init(repository("right"));
    leaveExclusiveLock(binary);

    BackupReport report = backup(restic, repository("right"), command(source));

    assertThat(report.meaning()).isEqualTo(ExitMeaning.LOCKED);
    assertThat(report.summary()).isEmpty();
    assertThat(restic.probe(repository("right")).state()).isEqualTo(State.OPEN);
  }

  /** A check holds one; killed, it leaves it behind. */
  private void leaveExclusiveLock(Path binary) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(binary.toString(), "check");
    builder.environment().put("RESTIC_REPOSITORY", directory.resolve("repos/repo").toString());
    builder.environment().put("RESTIC_PASSWORD", "right");
    builder.environment().put("RESTIC_CACHE_DIR", directory.resolve("cache").toString());
    Process check =
        builder
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Path locks = directory.resolve("repos/repo/locks");
    // Named by its 64 digits once it is whole; restic then waits a little and looks again.
    await()
        .pollInterval(Duration.ofMillis(2))
        .until(() -> Stream.of(locks.toFile().list()).anyMatch(name -> name.length() == 64));
    assertThat(check.destroyForcibly().waitFor(3, TimeUnit.MINUTES)).isTrue();
  }

  @TestOnEveryRestic
  void missing_sources_are_named_and_only_all_of_them_prevent_a_snapshot(Path binary)
      throws Exception {
    Restic restic = restic(binary);
    restic.init(repository("right"));
    Path gone = directory.resolve("gone with spaces");
    BackupReport one = backup(restic, repository("right"), command(source, gone));
    assertThat(one.missingSources()).containsExactly(gone.toString());
    assertThat(one.summary().orElseThrow().totalFilesProcessed()).isEqualTo(1);

    BackupReport all = backup(restic, repository("right"), command(gone));
    assertThat(all.missingSources()).containsExactly(gone.toString());
    assertThat(all.meaning()).isEqualTo(ExitMeaning.FAILED);
    assertThat(all.summary()).isEmpty();
    assertThat(directory.resolve("repos/repo/snapshots").toFile().list()).hasSize(1);
  }

  @TestOnEveryRestic
  void the_names_of_sources_are_never_taken_for_flags(Path binary) throws Exception {
    Restic restic = restic(binary);
    restic.init(repository("right"));
    List<Path> odd =
        Stream.of("--help", "-v", "with space", "ünïcode", "new\nline", "$HOME", "*")
            .map(source::resolve)
            .toList();
    for (Path file : odd) {
      Files.writeString(file, "content");
    }
    BackupReport report = backup(restic, repository("right"), command(odd.toArray(new Path[0])));
    assertThat(report.meaning()).isEqualTo(ExitMeaning.COMPLETE);
    assertThat(report.summary().orElseThrow().filesNew()).isEqualTo(odd.size());
  }

  @TestOnEveryRestic
  void a_cancelled_backup_leaves_neither_a_snapshot_nor_a_lock_nor_a_secret(Path binary)
      throws Exception {
    cancelledMidway(
        binary,
        (restic, command) -> {
          Cancellation cancellation = new Cancellation();
          CountDownLatch going = new CountDownLatch(1);
          AtomicReference<BackupReport> report = new AtomicReference<>();
          Thread thread =
              Thread.ofPlatform()
                  .start(() ->
                      report.set(
                          restic.backup(
                              repository("right"),
                              command,
                              Watches.of(_ -> going.countDown(), cancellation))));
          going.await();
          cancellation.cancel("here");
          thread.join();
          assertThat(report.get().meaning()).isEqualTo(ExitMeaning.CANCELLED);
          assertThat(report.get().summary()).isEmpty();
        });
  }

  @TestOnEveryRestic
  void an_interrupted_thread_ends_its_backup_just_as_cleanly(Path binary) throws Exception {
    cancelledMidway(
        binary,
        (restic, command) -> {
          Thread caller = Thread.currentThread();
          BackupReport report =
              restic.backup(repository("right"), command, Watches.of(_ -> caller.interrupt()));
          assertThat(report.interrupted()).isTrue();
          assertThat(report.meaning()).isEqualTo(ExitMeaning.CANCELLED);
        });
  }

  private interface Stopped {
    void run(Restic restic, BackupCommand command) throws Exception;
  }

  private void cancelledMidway(Path binary, Stopped stopped) throws Exception {
    Restic restic = restic(binary);
    restic.init(repository("right"));
    byte[] noise = new byte[16_000_000];
    new Random(1).nextBytes(noise);
    Files.write(source.resolve("noise"), noise);
    stopped.run(
        restic,
        new BackupCommand(
            "host",
            List.of(source.toString()),
            List.of(),
            List.of(),
            List.of("--limit-upload=2000", "--pack-size=4")));
    assertThat(directory.resolve("repos/repo/locks")).isEmptyDirectory();
    assertThat(directory.resolve("repos/repo/snapshots")).isEmptyDirectory();
    assertThat(directory.resolve("private")).isEmptyDirectory();
  }
}
