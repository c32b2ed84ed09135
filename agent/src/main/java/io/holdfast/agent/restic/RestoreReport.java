package io.holdfast.agent.restic;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * All that is known of a restore that has ended.
 *
 * @param meaning {@code COMPLETE}, {@code INCOMPLETE} if something could not be restored
 * @param totals empty before restic 0.16, which tells none, and if it did not come to its end
 * @param firstErrors the first of what could not be restored
 * @param errorCount how many could not be restored, each counted once
 * @param reason why it ended, if it did not end well, in one line
 * @param survived whether restic could not even be killed and still lives
 */
public record RestoreReport(
    ExitMeaning meaning,
    Optional<Totals> totals,
    List<BackupReport.ItemFailure> firstErrors,
    long errorCount,
    Optional<String> reason,
    boolean survived,
    Duration duration) {

  /**
   * restic's own figures; directories and links count among the items.
   *
   * @param skippedItems those that were there and were left as they are
   */
  public record Totals(long items, long bytes, long skippedItems, long skippedBytes) {}

  public RestoreReport {
    Objects.requireNonNull(meaning, "meaning");
    Objects.requireNonNull(totals, "totals");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(duration, "duration");
    firstErrors = List.copyOf(firstErrors);
  }

  /**
   * What could not be set, and not the content of a file: its owner, rights, times or extended
   * attributes; each version of restic begins the words with the call that failed.
   */
  private static final Pattern OF_ATTRIBUTES =
      Pattern.compile(
          "(?:l?chown|l?chmod|lchflags|l?utimes\\w*|utimensat|x?attr\\.\\w+|l?(?:set|remove)xattr)\\b.*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** Whether nothing is amiss but owners, rights, times and attributes. */
  public boolean lacksOnlyAttributes() {
    return meaning == ExitMeaning.INCOMPLETE
        && !firstErrors.isEmpty()
        && firstErrors.stream()
            .allMatch(failure -> OF_ATTRIBUTES.matcher(failure.message()).matches());
  }

  /** The same with figures that were found in another way. */
  public RestoreReport with(Totals counted) {
    return new RestoreReport(
        meaning, Optional.of(counted), firstErrors, errorCount, reason, survived, duration);
  }
}
