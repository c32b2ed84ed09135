package io.holdfast.agent.run;

import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.util.List;
import java.util.Optional;

/**
 * The runs that go on, kept where the agent's next life finds them, and where another process of
 * the agent can ask one of them to end.
 */
public interface OpenRuns {

  /**
   * A run begins. When it returns this survives a crash.
   *
   * @throws java.io.UncheckedIOException if it cannot be written down
   */
  void open(RunStarted started);

  /** The pg_dump before its restic has started; a failure to write that down is only logged. */
  void dump(RunId run, ProcessIdentity process);

  /** Its restic has started; a failure to write that down is only logged. */
  void restic(RunId run, ProcessIdentity process);

  /** It goes on; written down now and then. */
  void alive(RunId run, boolean itemErrors);

  /** It is closed for the time being: its repository is still to be asked for its snapshot. */
  void provisional(RunFinished told);

  /** It is closed; its restic was killed, and may have left a lock or itself. */
  void aftermath(RunId run);

  /** Nothing is left to do. */
  void close(RunId run);

  /** All of them, the oldest first. */
  List<OpenRun> all();

  /**
   * Asks a run to end, whichever process of the agent carries it out.
   *
   * @param why goes on with "the run was cancelled", such as "on this machine"
   * @throws java.io.UncheckedIOException if it cannot be written down
   */
  void askToEnd(RunId run, String why);

  /** Why the run is to end, if somebody has asked. */
  Optional<String> askedToEnd(RunId run);
}
