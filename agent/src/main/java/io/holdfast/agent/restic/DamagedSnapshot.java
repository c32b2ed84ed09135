package io.holdfast.agent.restic;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A snapshot that restic cannot load: its file was cut off when the storage lost power, say. restic
 * leaves it out of its lists without a bad exit code, and begins no backup, since one might be the
 * parent.
 */
final class DamagedSnapshot {

  private static final Pattern NOT_LOADED =
      Pattern.compile(
          "(?:could not load|failed to load|Error loading) snapshot (?<id>[0-9a-f]{8}):"
              + " (?<why>[^\\n]{1,300})");

  /** Somebody has removed it between the list and the look at it. */
  private static final Pattern GONE = Pattern.compile("no such file|does not exist|not found");

  private DamagedSnapshot() {}

  /** Whether a backup did not begin because of one. */
  static boolean hindered(BackupReport report) {
    return report.meaning() == ExitMeaning.FAILED
        && report.summary().isEmpty()
        && report.standardError().contains("Error loading snapshot ");
  }

  /** Why a list is not whole, if one is missing from it. */
  static Optional<String> missingFrom(String errors) {
    Matcher line = NOT_LOADED.matcher(errors);
    while (line.find()) {
      if (!GONE.matcher(line.group("why")).find()) {
        return Optional.of(
            "the snapshot "
                + line.group("id")
                + " cannot be loaded ("
                + line.group("why").strip()
                + "), so that the list is not whole; if its file in the repository is damaged, it"
                + " holds nothing any more: remove snapshots/"
                + line.group("id")
                + "...");
      }
    }
    return Optional.empty();
  }
}
