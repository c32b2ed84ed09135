package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import io.holdfast.agent.secret.Redaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * restic, as it is called: secrets by private files, a cleared environment, no shell. Safe for many
 * threads.
 */
public final class Restic {

  private static final Logger log = LoggerFactory.getLogger(Restic.class);

  private static final Duration SOURCES_LIMIT = Duration.ofSeconds(20);
  private static final Duration BETWEEN_LOCK_ATTEMPTS = Duration.ofSeconds(5);
  private static final Duration PROBE_LIMIT = Duration.ofMinutes(2);
  private static final Duration INIT_LIMIT = Duration.ofMinutes(5);

  private final ResticBinary binary;
  private final PrivateFiles privateFiles;
  private final Path stateDirectory;
  private final Path initLock;
  private final Path defaultCache;
  private final Duration grace;

  /**
   * @param privateDirectory where secrets lie while restic runs, in the state directory; nobody
   *     else may read it, and beside it a lock file is made
   * @param defaultCache restic's cache for repositories that name none
   */
  public Restic(ResticBinary binary, Path privateDirectory, Path defaultCache) {
    this(binary, privateDirectory, defaultCache, ResticProcess.GRACE);
  }

  Restic(ResticBinary binary, Path privateDirectory, Path defaultCache, Duration grace) {
    this.binary = binary;
    this.privateFiles = new PrivateFiles(privateDirectory);
    this.stateDirectory = privateDirectory.resolveSibling(".").normalize();
    this.initLock = stateDirectory.resolve("init.lock");
    this.defaultCache = defaultCache;
    this.grace = grace;
  }

  public ResticVersion version() {
    return binary.version();
  }

  public Path path() {
    return binary.path();
  }

  /** Backs up. A fault of any kind is in the report. */
  public BackupReport backup(Repository repository, BackupCommand command, BackupWatch watch) {
    long begin = System.nanoTime();
    BackupReport report = backupOnce(repository, command, watch);
    // restic itself waits for a lock since 0.16.
    while (report.meaning() == ExitMeaning.LOCKED
        && !waitsForLocks()
        && System.nanoTime() - begin < watch.limits().retryLock().toNanos()
        && paused(watch.cancellation())) {
      report = backupOnce(repository, command, watch);
    }
    if (DamagedSnapshot.hindered(report)) {
      log.warn(
          "a snapshot in the repository is damaged, in which restic may have looked for what is"
              + " unchanged: everything is read anew");
      return backupOnce(repository, command.withoutParent(), watch);
    }
    return report;
  }

  static boolean paused(Cancellation cancellation) {
    try {
      Thread.sleep(BETWEEN_LOCK_ATTEMPTS);
    } catch (InterruptedException e) {
      // The next attempt is ended by it at once, and reports it.
      Thread.currentThread().interrupt();
    }
    return !cancellation.isCancelled();
  }

  private BackupReport backupOnce(Repository repository, BackupCommand command, BackupWatch watch) {
    Activity activity = new Activity();
    BackupOutput output =
        new BackupOutput(repository.redaction(), new PacedProgress(watch.listener()), activity);
    output.sources(SourcePaths.look(command.sources(), SOURCES_LIMIT));
    try (PrivateFiles.Pair files = privateFiles.write(repository)) {
      ResticProcess process =
          new ResticProcess(
              arguments(repository, command, watch.limits().retryLock()),
              ResticEnvironment.of(repository, files, defaultCache),
              StopReason.of(watch.cancellation(), watch.limits(), activity),
              grace,
              watch.started());
      return held(repository, output.report(process.run(output::output, output::error)));
    } catch (IOException e) {
      return notStarted(repository.redaction().redact(String.valueOf(e.getMessage())));
    }
  }

  /**
   * restic 0.14 makes the directories of a repository that vanished under it anew, and reports a
   * snapshot that lies in no repository. On a local disk it costs nothing to look.
   */
  private static BackupReport held(Repository repository, BackupReport report) {
    Optional<String> id = report.summary().flatMap(BackupSummary::snapshotId);
    Optional<Path> place = repository.localPath();
    return id.isEmpty() || place.isEmpty() || LocalRepository.holds(place.get(), id.get())
        ? report
        : report.withoutSnapshot(
            "restic reported snapshot " + id.get() + ", and the repository does not hold it");
  }

  Path defaultCache() {
    return defaultCache;
  }

  PrivateFiles privateFiles() {
    return privateFiles;
  }

  boolean waitsForLocks() {
    return binary.version().isAtLeast(0, 16, 0);
  }

  private List<String> arguments(Repository repository, BackupCommand command, Duration retryLock) {
    List<String> arguments = new ArrayList<>(List.of(binary.path().toString(), "backup", "--json"));
    // Of repositories that nobody has used for a month.
    arguments.add("--cleanup-cache");
    if (waitsForLocks() && !retryLock.isZero()) {
      arguments.add("--retry-lock=" + retryLock.toSeconds() + "s");
    }
    arguments.add("--host=" + command.host());
    command.tags().forEach(tag -> arguments.add("--tag=" + tag));
    command.excludes().forEach(pattern -> arguments.add("--exclude=" + pattern));
    // The last, so that no pattern that begins with ! takes them in again.
    ownPlaces(repository, command.sources())
        .forEach(pattern -> arguments.add("--exclude=" + pattern));
    arguments.addAll(command.checkedArguments());
    // What follows is a path, whatever it looks like.
    arguments.add("--");
    arguments.addAll(command.sources());
    return arguments;
  }

  private List<String> ownPlaces(Repository repository, List<String> sources) {
    List<Path> own = new ArrayList<>(List.of(stateDirectory));
    repository.localPath().ifPresent(own::add);
    return OwnPlaces.excludes(sources, own, SOURCES_LIMIT);
  }

  private static BackupReport notStarted(String why) {
    return new BackupReport(
        OptionalInt.empty(),
        ExitMeaning.NOT_STARTED,
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        0,
        Optional.of(why),
        "",
        "",
        false,
        false,
        false,
        Duration.ZERO);
  }

  /** What a short command said; its output is the unredacted JSON of its answer. */
  private record Answer(ExitMeaning meaning, String output, String errors) {}

  private Answer ask(Repository repository, Duration limit, String... command)
      throws InterruptedException {
    Redaction redaction = repository.redaction();
    // What it means is read before secrets are taken out: a password may be a word of restic's own
    // sentence.
    BoundedText output = new BoundedText(LineReader.LONGEST_LINE, LineReader.LONGEST_LINE);
    BoundedText meaningful = new BoundedText(4096, 4096);
    BoundedText errors = new BoundedText(4096, 4096);
    List<String> arguments = new ArrayList<>(List.of(binary.path().toString()));
    arguments.addAll(List.of(command));
    try (PrivateFiles.Pair files = privateFiles.write(repository)) {
      ResticProcess.Ended ended =
          new ResticProcess(
                  arguments,
                  ResticEnvironment.of(repository, files, defaultCache),
                  StopReason.after(limit),
                  Duration.ofSeconds(5))
              .run(
                  output::add,
                  line -> {
                    meaningful.add(line);
                    errors.add(redaction.redact(reason(line)));
                  });
      if (ended.interrupted()) {
        throw new InterruptedException();
      }
      return new Answer(
          ended.stoppedBy().orElseGet(() -> ExitMeaning.of(ended.exitCode(), meaningful.text())),
          output.text(),
          errors.text());
    } catch (IOException e) {
      return new Answer(
          ExitMeaning.NOT_STARTED, "", redaction.redact(String.valueOf(e.getMessage())));
    }
  }

  /**
   * Runs a command whose output is read as it comes, however much it is.
   *
   * @param from a second repository that it reads
   * @throws IOException if it could not be started; the message says why
   */
  ResticProcess.Ended stream(
      Repository repository,
      Optional<Repository> from,
      List<String> command,
      StopReason stopReason,
      Consumer<ProcessIdentity> started,
      ResticProcess.OutputReader out,
      Consumer<String> err)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of(binary.path().toString()));
    arguments.addAll(command);
    try (PrivateFiles.Pair files = privateFiles.write(repository);
        PrivateFiles.@Nullable Pair source =
            from.isPresent() ? privateFiles.write(from.get()) : null) {
      Map<String, String> environment = ResticEnvironment.of(repository, files, defaultCache);
      if (source != null) {
        ResticEnvironment.addSource(environment, from.orElseThrow(), source);
      }
      return new ResticProcess(arguments, environment, stopReason, grace, started)
          .runReading(out, err);
    }
  }

  private static String reason(String line) {
    return MessageParser.parse(line) instanceof ResticMessage.ExitError(int _, String message)
        ? message
        : line;
  }

  /**
   * Runs a command that may take long.
   *
   * @param from a second repository that it reads
   * @param stop when it is ended
   * @param started told which process it is
   * @param output reads its standard output
   */
  WorkReport work(
      Repository repository,
      Optional<Repository> from,
      List<String> command,
      StopReason stop,
      Consumer<ProcessIdentity> started,
      ResticProcess.OutputReader output) {
    Redaction redaction = repository.redaction(from);
    BoundedText meaningful = new BoundedText(4096, 4096);
    BoundedText errors = new BoundedText(8192, 8192);
    try {
      ResticProcess.Ended ended =
          stream(
              repository,
              from,
              command,
              stop,
              started,
              output,
              line -> {
                meaningful.add(line);
                errors.add(redaction.redact(reason(line)));
              });
      return new WorkReport(
          ended.stoppedBy().orElseGet(() -> ExitMeaning.of(ended.exitCode(), meaningful.text())),
          OptionalInt.of(ended.exitCode()),
          "",
          errors.text(),
          ended.duration(),
          ended.interrupted());
    } catch (IOException e) {
      return new WorkReport(
          ExitMeaning.NOT_STARTED,
          OptionalInt.empty(),
          "",
          redaction.redact(String.valueOf(e.getMessage())),
          Duration.ZERO,
          false);
    }
  }

  /**
   * The repository's own id, by which it is the same whatever way leads to it; empty if it could
   * not be asked.
   *
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<String> idOf(Repository repository) throws InterruptedException {
    Answer answer = ask(repository, PROBE_LIMIT, "cat", "config", "--no-lock");
    return answer.meaning() == ExitMeaning.COMPLETE
        ? RepositoryJson.id(answer.output())
        : Optional.empty();
  }

  /**
   * Finds out whether the repository opens, within two minutes and without a lock.
   *
   * @throws InterruptedException if the thread was interrupted
   */
  public RepositoryProbe probe(Repository repository) throws InterruptedException {
    Answer answer = ask(repository, PROBE_LIMIT, "cat", "config", "--no-lock");
    return Probes.of(repository, answer.meaning(), answer.errors());
  }

  /**
   * Looks for the snapshot that a run has made, without a lock.
   *
   * @param runTag the tag that only snapshots of this run carry
   * @param limit how long it may take
   * @throws InterruptedException if the thread was interrupted
   */
  public SnapshotOfRun snapshotOf(Repository repository, String runTag, Duration limit)
      throws InterruptedException {
    Answer answer = ask(repository, limit, "snapshots", "--json", "--no-lock", "--tag=" + runTag);
    return switch (answer.meaning()) {
      case COMPLETE -> RepositoryJson.snapshot(answer.output());
      // One that is not there may be back some day, when its disk is mounted again.
      default ->
          new SnapshotOfRun.Unknown(
              Probes.of(repository, answer.meaning(), answer.errors()).message());
    };
  }

  /**
   * Which of these paths a snapshot does not hold. None if it could not be asked in the time, nor
   * on Windows, where a snapshot has other names for them.
   *
   * @param paths each absolute
   */
  public List<String> notHeld(
      Repository repository, String snapshotId, List<String> paths, Duration limit) {
    if (Windows.here()) {
      return List.of();
    }
    Map<String, String> wanted = new LinkedHashMap<>();
    paths.forEach(path -> wanted.put(Path.of(path).normalize().toString(), path));
    Set<String> held = ConcurrentHashMap.newKeySet();
    List<String> command = new ArrayList<>(List.of("ls", "--json", "--no-lock", "--", snapshotId));
    command.addAll(wanted.keySet());
    try {
      ResticProcess.Ended ended =
          stream(
              repository,
              Optional.empty(),
              command,
              StopReason.after(limit),
              _ -> {},
              ResticProcess.lines(line ->
                  RepositoryJson.path(line).filter(wanted::containsKey).ifPresent(held::add)),
              _ -> {});
      if (ended.interrupted()) {
        Thread.currentThread().interrupt();
      }
      return ended.exitCode() == 0 && ended.stoppedBy().isEmpty()
          ? wanted.entrySet().stream()
              .filter(path -> !held.contains(path.getKey()))
              .map(Map.Entry::getValue)
              .toList()
          : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * The locks in the repository, read without making one.
   *
   * @return empty if the repository could not be asked
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<List<RepositoryLock>> locks(Repository repository) throws InterruptedException {
    Answer list = ask(repository, PROBE_LIMIT, "list", "locks", "--no-lock");
    if (list.meaning() != ExitMeaning.COMPLETE) {
      return Optional.empty();
    }
    List<RepositoryLock> locks = new ArrayList<>();
    for (String id : list.output().lines().map(String::strip).toList()) {
      Answer lock = ask(repository, PROBE_LIMIT, "cat", "lock", id, "--no-lock");
      // One that has gone meanwhile is none.
      RepositoryJson.lock(id, lock.output()).ifPresent(locks::add);
    }
    return Optional.of(locks);
  }

  /**
   * Removes what restic takes for dead: only after {@link LockPolicy} has said that it may.
   *
   * @throws InterruptedException if the thread was interrupted
   */
  public void unlock(Repository repository) throws InterruptedException {
    ask(repository, PROBE_LIMIT, "unlock");
  }

  /**
   * Makes a new repository, unless there is one by now. Two that do so at the same moment would
   * destroy it: restic writes two keys and one configuration. On this machine they are kept apart
   * here; the caller keeps the machines apart.
   *
   * @return whether there is a repository that opens now
   * @throws InterruptedException if the thread was interrupted
   */
  public InitReport init(Repository repository) throws InterruptedException {
    try (InitLock _ = InitLock.take(initLock)) {
      RepositoryProbe before = probe(repository);
      return switch (before.state()) {
        case OPEN -> new InitReport(true, "");
        case MISSING -> initialised(repository);
        case WRONG_PASSWORD, LOCKED, UNREACHABLE -> new InitReport(false, before.message());
      };
    } catch (IOException e) {
      return new InitReport(
          false, "the lock for it in the agent's state directory failed: " + e.getMessage());
    }
  }

  private InitReport initialised(Repository repository) throws InterruptedException {
    Answer answer = ask(repository, INIT_LIMIT, "init");
    RepositoryProbe after = probe(repository);
    if (after.state() == RepositoryProbe.State.OPEN) {
      // Also if another machine was quicker.
      return new InitReport(true, "");
    }
    return answer.meaning() == ExitMeaning.COMPLETE
        ? new InitReport(false, "it was made and then did not open: " + after.message())
        : new InitReport(false, Probes.oneLine(answer.errors()));
  }
}
