package io.holdfast.agent.run;

import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The restores that rows have asked for and that go on, or that a crash has left. */
public interface OpenRestores {

  /**
   * One of them.
   *
   * @param restic empty if it had not started yet
   */
  record OpenRestore(RestoreStarted start, Optional<ProcessIdentity> restic) {
    public OpenRestore {
      Objects.requireNonNull(start, "start");
      Objects.requireNonNull(restic, "restic");
    }
  }

  /**
   * Writes down that it begins; survives a crash.
   *
   * @throws java.io.UncheckedIOException if it cannot be written; the restore must not begin then
   */
  void open(RestoreStarted started);

  /** Notes its process: a courtesy to whoever comes after a crash. */
  void restic(RestoreStarted started, ProcessIdentity process);

  /**
   * Its end is written down elsewhere.
   *
   * @throws java.io.UncheckedIOException if it cannot be removed
   */
  void close(UUID request);

  /** All of them. */
  List<OpenRestore> all();
}
