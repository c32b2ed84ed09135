package io.holdfast.agent.restic;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far a backup is.
 *
 * @param fraction 0 to 1; restic itself may say more than 1 when a file grows
 * @param totalFiles empty while restic still counts
 * @param secondsRemaining restic's guess; empty if it has none or an absurd one
 * @param currentFiles what it reads just now
 * @param trouble what its storage refuses it, while it tries again and nothing moves
 */
public record BackupProgress(
    double fraction,
    long filesDone,
    OptionalLong totalFiles,
    long bytesDone,
    OptionalLong totalBytes,
    long errorCount,
    OptionalLong secondsRemaining,
    List<String> currentFiles,
    Optional<String> trouble) {

  public BackupProgress {
    currentFiles = List.copyOf(currentFiles);
    Objects.requireNonNull(trouble, "trouble");
  }

  /** Of one that has not begun, since its storage does not answer. */
  static BackupProgress held(String trouble) {
    return new BackupProgress(
        0,
        0,
        OptionalLong.empty(),
        0,
        OptionalLong.empty(),
        0,
        OptionalLong.empty(),
        List.of(),
        Optional.of(trouble));
  }

  BackupProgress with(Optional<String> otherTrouble) {
    return new BackupProgress(
        fraction,
        filesDone,
        totalFiles,
        bytesDone,
        totalBytes,
        errorCount,
        secondsRemaining,
        currentFiles,
        otherTrouble);
  }
}
