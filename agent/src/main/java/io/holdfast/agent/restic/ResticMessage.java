package io.holdfast.agent.restic;

/** One line that restic wrote, as far as we understand it. */
public sealed interface ResticMessage {

  /** How far a backup is. */
  record Status(BackupProgress progress) implements ResticMessage {}

  /** A file or directory could not be read; the message may be empty with restic 0.14. */
  record ItemError(String item, String message) implements ResticMessage {}

  /** A backup has ended. */
  record Summary(BackupSummary summary) implements ResticMessage {}

  /** restic says why it ends (0.18 and newer). */
  record ExitError(int code, String message) implements ResticMessage {}

  /** Text, or a message that this agent does not know. */
  record Other(String line) implements ResticMessage {}
}
