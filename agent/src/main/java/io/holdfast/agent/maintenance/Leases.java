package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Who may use a repository, by the clock of the control plane. One housekeeper has it to himself,
 * or any number of backups go on in it.
 */
public interface Leases {

  /**
   * From now on no backup begins; those that go on may end.
   *
   * @param purpose a word for those who wait
   * @param run the housekeeping run that it is for; the open rows of others are closed
   * @return the token of the lease; empty if somebody else has it
   * @throws ControlPlaneException if the control plane cannot be asked, or the device is no
   *     housekeeper
   */
  OptionalLong take(String repositoryId, String purpose, UUID run, Duration length)
      throws ControlPlaneException;

  /**
   * Keeps it for so much longer.
   *
   * @return how many backups go on still; empty if the lease is lost
   * @throws ControlPlaneException if the control plane cannot be asked: nobody knows then
   */
  OptionalInt renew(String repositoryId, long token, Duration length) throws ControlPlaneException;

  /**
   * @throws ControlPlaneException if the control plane cannot be told: it runs out by itself
   */
  void release(String repositoryId, long token) throws ControlPlaneException;

  /**
   * Whether a backup may begin.
   *
   * @return who keeps it out; empty if it may, and then counts as going on for so long
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  Optional<String> enter(String repositoryId, UUID run, Duration length)
      throws ControlPlaneException;

  /**
   * The backup goes on.
   *
   * @throws ControlPlaneException if the control plane cannot be told
   */
  void stay(UUID run, Duration length) throws ControlPlaneException;

  /**
   * The backup has ended.
   *
   * @throws ControlPlaneException if the control plane cannot be told: it runs out by itself
   */
  void leave(UUID run) throws ControlPlaneException;
}
