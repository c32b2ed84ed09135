package io.holdfast.agent.restic;

import io.holdfast.agent.secret.Redaction;
import io.holdfast.agent.text.Visible;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * What is done upon a repository as a whole. Most of it needs the repository for itself: the caller
 * sees to that, and restic's own locks guard it besides.
 */
public final class RepositoryWork {

  /** Beyond any prune: only a hang takes longer. */
  private static final Duration LONGEST = Duration.ofDays(7);

  private static final Pattern SNAPSHOT_ID = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SAVED = Pattern.compile("snapshot [0-9a-f]+ saved");

  private static final int KEPT = 8 * 1024;

  private final Restic restic;
  private final Repository repository;
  private final Optional<Repository> from;
  private final Cancellation cancellation;
  private final Duration retryLock;
  private final Consumer<ProcessIdentity> started;
  private final StopReason tooLong = StopReason.after(LONGEST);

  /**
   * @param cancellation ends whatever goes on
   * @param retryLock how long to wait for the locks of others; restic waits itself from 0.16 on
   * @param started told which process it is
   */
  public RepositoryWork(
      Restic restic,
      Repository repository,
      Cancellation cancellation,
      Duration retryLock,
      Consumer<ProcessIdentity> started) {
    this(restic, repository, Optional.empty(), cancellation, retryLock, started);
  }

  private RepositoryWork(
      Restic restic,
      Repository repository,
      Optional<Repository> from,
      Cancellation cancellation,
      Duration retryLock,
      Consumer<ProcessIdentity> started) {
    this.restic = restic;
    this.repository = repository;
    this.from = from;
    this.cancellation = cancellation;
    this.retryLock = retryLock;
    this.started = started;
  }

  /** The same repository, with another to copy from. */
  public RepositoryWork from(Repository source) {
    return new RepositoryWork(
        restic, repository, Optional.of(source), cancellation, retryLock, started);
  }

  /** The same in another repository. */
  public RepositoryWork in(Repository other) {
    return new RepositoryWork(restic, other, cancellation, retryLock, started);
  }

  /** Makes the repository, which must not be there, so that copies share its data. */
  public WorkReport initialise() {
    return told(List.of("init", "--copy-chunker-params"));
  }

  /** How it ended, and how many were copied. */
  public record Copied(WorkReport report, long snapshots) {}

  /**
   * Copies these snapshots; restic passes over those that are there already.
   *
   * @param ids never empty: restic would take that for all snapshots
   */
  public Copied copy(List<String> ids) {
    if (ids.isEmpty() || !ids.stream().allMatch(id -> SNAPSHOT_ID.matcher(id).matches())) {
      throw new IllegalArgumentException("not the ids of snapshots: " + ids);
    }
    List<String> command = new ArrayList<>(List.of("copy"));
    command.addAll(ids);
    AtomicLong saved = new AtomicLong();
    WorkReport report =
        told(
            command,
            line -> {
              if (SAVED.matcher(line).matches()) {
                saved.incrementAndGet();
              }
            });
    return new Copied(report, saved.get());
  }

  /**
   * Forgets these snapshots. restic calls it a success when the storage has refused to remove one,
   * and when there was none: only a list of what is left tells.
   *
   * @param ids never empty
   */
  public WorkReport forget(List<String> ids) {
    if (ids.isEmpty() || !ids.stream().allMatch(id -> SNAPSHOT_ID.matcher(id).matches())) {
      throw new IllegalArgumentException("not the ids of snapshots: " + ids);
    }
    List<String> command = new ArrayList<>(List.of("forget"));
    command.addAll(ids);
    return told(command);
  }

  /** Frees what is not used any more. */
  public WorkReport prune() {
    return told(List.of("prune"));
  }

  /** Checks the structure of the repository. */
  public WorkReport check() {
    return told(List.of("check"));
  }

  /**
   * Checks the structure, and reads one part of all data.
   *
   * @param part from 1 to {@code parts}
   */
  public WorkReport checkData(int part, int parts) {
    return told(List.of("check", "--read-data-subset=" + part + "/" + parts));
  }

  /** Hands out all snapshots; takes no lock. */
  public WorkReport snapshots(Consumer<SnapshotEntry> entries) {
    WorkReport report =
        answered(List.of("snapshots", "--json", "--no-lock"), in -> SnapshotList.read(in, entries));
    return report.complete()
        ? DamagedSnapshot.missingFrom(report.errors()).map(report::unreadable).orElse(report)
        : report;
  }

  private WorkReport told(List<String> command) {
    return told(command, _ -> {});
  }

  private WorkReport told(List<String> command, Consumer<String> lines) {
    BoundedText output = new BoundedText(KEPT, KEPT);
    Redaction redaction = repository.redaction(from);
    WorkReport report =
        work(
            command,
            ResticProcess.lines(line -> {
              lines.accept(line);
              output.add(Visible.of(redaction.redact(line)));
            }));
    return new WorkReport(
        report.meaning(),
        report.exitCode(),
        output.text(),
        report.errors(),
        report.duration(),
        report.interrupted());
  }

  /** Reads an answer. */
  @FunctionalInterface
  private interface Answer {
    void read(InputStream in) throws IOException;
  }

  private WorkReport answered(List<String> command, Answer answer) {
    List<String> trouble = new ArrayList<>();
    WorkReport report =
        work(
            command,
            in -> {
              try {
                answer.read(in);
              } catch (IOException | RuntimeException e) {
                trouble.add("restic's answer cannot be read: " + e.getClass().getSimpleName());
              }
            });
    return trouble.isEmpty() || !report.complete() ? report : report.unreadable(trouble.getFirst());
  }

  /** One that met a lock has said nothing yet, so its answer is read by the next. */
  private WorkReport work(List<String> command, ResticProcess.OutputReader output) {
    long begin = System.nanoTime();
    WorkReport report =
        restic.work(repository, from, withRetry(command), this::stop, started, output);
    while (report.meaning() == ExitMeaning.LOCKED
        && !restic.waitsForLocks()
        && System.nanoTime() - begin < retryLock.toNanos()
        && Restic.paused(cancellation)) {
      report = restic.work(repository, from, withRetry(command), this::stop, started, output);
    }
    return report;
  }

  private List<String> withRetry(List<String> command) {
    List<String> all = new ArrayList<>(command);
    boolean locks = !command.contains("--no-lock");
    if (locks && restic.waitsForLocks() && !retryLock.isZero()) {
      all.add("--retry-lock=" + retryLock.toSeconds() + "s");
    }
    return all;
  }

  private Optional<ExitMeaning> stop() {
    return cancellation.isCancelled() ? Optional.of(ExitMeaning.CANCELLED) : tooLong.now();
  }
}
