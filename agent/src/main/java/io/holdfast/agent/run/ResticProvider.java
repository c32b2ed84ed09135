package io.holdfast.agent.run;

import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;

/** Finds restic anew for every run, since it may be installed or upgraded while the daemon runs. */
@FunctionalInterface
public interface ResticProvider {

  /**
   * @throws ResticUnavailable if there is none that can be used; says what to do
   */
  Restic get() throws ResticUnavailable;
}
