package io.holdfast.agent.restic;

import java.util.List;
import java.util.OptionalLong;

/**
 * How far a backup is.
 *
 * @param fraction 0 to 1; restic itself may say more than 1 when a file grows
 * @param totalFiles empty while restic still counts
 * @param secondsRemaining restic's guess; empty if it has none or an absurd one
 * @param currentFiles what it reads just now
 */
public record BackupProgress(
    double fraction,
    long filesDone,
    OptionalLong totalFiles,
    long bytesDone,
    OptionalLong totalBytes,
    long errorCount,
    OptionalLong secondsRemaining,
    List<String> currentFiles) {

  public BackupProgress {
    currentFiles = List.copyOf(currentFiles);
  }
}
