package io.holdfast.agent.sync;

import io.holdfast.agent.job.ControlPlaneException;
import java.util.List;
import java.util.UUID;

/** The control plane, as far as admins ask something of this device there. */
public interface RequestSource {

  /**
   * Claims what waits for this device, the oldest first. Requests that were claimed before and have
   * come to nothing yet, since the agent was ended in between, are given again.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  List<Request> claim() throws ControlPlaneException;

  /**
   * Answers a request; has no effect on one that is answered already.
   *
   * @param done whether what was asked for was done
   * @param message one sentence for whoever asked
   * @throws ControlPlaneException if the control plane cannot be told
   */
  void answer(UUID request, boolean done, String message) throws ControlPlaneException;
}
