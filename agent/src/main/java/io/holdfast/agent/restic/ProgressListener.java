package io.holdfast.agent.restic;

/**
 * Told how far a backup is, at most once a second, from another thread than the one that waits for
 * its end.
 */
@FunctionalInterface
public interface ProgressListener {
  void progress(BackupProgress progress);
}
