package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All that is known of a backup that has ended.
 *
 * @param exitCode empty if restic was not started
 * @param summary only if a snapshot really exists: exit code 0 or 3, an id, and no dry run
 * @param missingSources those of the sources that do not exist
 * @param bareSources those below which there was no file when it began
 * @param firstItemErrors the first of those that could not be read
 * @param itemErrorCount how many could not be read, each counted once
 * @param fatalMessage restic's own reason, in one line; if it gave none, why it tried a step again
 * @param standardOutput head and tail, without progress, secrets and NUL
 * @param standardError head and tail, without secrets and NUL
 * @param began whether it had got so far as to tell of progress: before, it waits for the
 *     repository
 * @param survived whether restic could not even be killed and still lives
 * @param interrupted whether the calling thread was interrupted; its flag is down, and the caller
 *     passes it on
 */
public record BackupReport(
    OptionalInt exitCode,
    ExitMeaning meaning,
    Optional<BackupSummary> summary,
    List<String> missingSources,
    List<BareSource> bareSources,
    List<ItemFailure> firstItemErrors,
    long itemErrorCount,
    Optional<String> fatalMessage,
    String standardOutput,
    String standardError,
    boolean began,
    boolean survived,
    boolean interrupted,
    Duration duration) {

  /** A process that signal n ends has the exit code 128 + n. */
  public static final int FIRST_SIGNAL = 128;

  public BackupReport {
    Objects.requireNonNull(exitCode, "exitCode");
    Objects.requireNonNull(meaning, "meaning");
    Objects.requireNonNull(summary, "summary");
    Objects.requireNonNull(fatalMessage, "fatalMessage");
    missingSources = List.copyOf(missingSources);
    bareSources = List.copyOf(bareSources);
    firstItemErrors = List.copyOf(firstItemErrors);
  }

  /**
   * Whether the repository may hold a snapshot of this run though restic named none: it was ended
   * after it had written it, or its last words were lost.
   */
  public boolean leavesDoubt() {
    return summary.isEmpty()
        && switch (meaning) {
          case COMPLETE, INCOMPLETE, FAILED -> true;
          // One that was ended while its repository did not answer has written nothing there.
          case CANCELLED, TIMED_OUT, STALLED -> began || fatalMessage.isEmpty();
          case NO_REPOSITORY, LOCKED, WRONG_PASSWORD, NOT_STARTED -> false;
        };
  }

  /** Whether restic came to its end by itself, and said that it failed. */
  public boolean failedByItself() {
    return meaning == ExitMeaning.FAILED && exitCode.orElse(0) <= FIRST_SIGNAL;
  }

  /** Whether a signal ended it, or could not even do that. */
  public boolean wasKilled() {
    return survived || exitCode.orElse(0) > FIRST_SIGNAL;
  }

  /** The same without the snapshot that restic believes to have made. */
  BackupReport withoutSnapshot(String why) {
    return new BackupReport(
        exitCode,
        meaning,
        Optional.empty(),
        missingSources,
        bareSources,
        firstItemErrors,
        itemErrorCount,
        Optional.of(why),
        standardOutput,
        standardError,
        began,
        survived,
        interrupted,
        duration);
  }

  /** A file or directory that could not be read; the message may be empty. */
  public record ItemFailure(String item, String message) {}
}
