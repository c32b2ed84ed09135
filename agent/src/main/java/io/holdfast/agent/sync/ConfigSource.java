package io.holdfast.agent.sync;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The control plane, as far as a device reads from it. */
public interface ConfigSource {

  /** The code of the problem that an admin has retired the device. */
  String RETIRED = "device-retired";

  /** The code of the problem that the password is right, and the login may not log in any more. */
  String LOGIN_CLOSED = "database-login-closed";

  /** The code of the problem that the login is good, and is no device's or another one's. */
  String LOGIN_OF_ANOTHER = "database-login-of-another";

  /**
   * Registers the device if it is not known yet, else records its heartbeat; then reads all that
   * concerns it.
   *
   * @throws ControlPlaneException if the control plane cannot be reached or will not answer
   */
  ConfigRows sync(Heartbeat heartbeat) throws ControlPlaneException;

  /**
   * Tells the control plane what the agent made of the configuration: when each schedule is due
   * next, and the problems that it found, in place of those told before.
   *
   * @param nextRuns by schedule id; a schedule that will never be due is left out
   * @throws ControlPlaneException if the control plane cannot be reached or will not listen
   */
  void tell(Map<Integer, Instant> nextRuns, List<Problem> problems) throws ControlPlaneException;
}
