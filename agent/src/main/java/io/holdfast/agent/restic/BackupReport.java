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
 * @param firstItemErrors the first of those that could not be read
 * @param itemErrorCount how many could not be read, each counted once
 * @param fatalMessage restic's own reason, in one line
 * @param standardOutput head and tail, without progress, secrets and NUL
 * @param standardError head and tail, without secrets and NUL
 * @param survived whether restic could not even be killed and still lives
 * @param interrupted whether the calling thread was interrupted; its flag is down, and the caller
 *     passes it on
 */
public record BackupReport(
    OptionalInt exitCode,
    ExitMeaning meaning,
    Optional<BackupSummary> summary,
    List<String> missingSources,
    List<ItemFailure> firstItemErrors,
    long itemErrorCount,
    Optional<String> fatalMessage,
    String standardOutput,
    String standardError,
    boolean survived,
    boolean interrupted,
    Duration duration) {

  public BackupReport {
    Objects.requireNonNull(exitCode, "exitCode");
    Objects.requireNonNull(meaning, "meaning");
    Objects.requireNonNull(summary, "summary");
    Objects.requireNonNull(fatalMessage, "fatalMessage");
    missingSources = List.copyOf(missingSources);
    firstItemErrors = List.copyOf(firstItemErrors);
  }

  /** The same without the snapshot that restic believes to have made. */
  BackupReport withoutSnapshot(String why) {
    return new BackupReport(
        exitCode,
        meaning,
        Optional.empty(),
        missingSources,
        firstItemErrors,
        itemErrorCount,
        Optional.of(why),
        standardOutput,
        standardError,
        survived,
        interrupted,
        duration);
  }

  /** A file or directory that could not be read; the message may be empty. */
  public record ItemFailure(String item, String message) {}
}
