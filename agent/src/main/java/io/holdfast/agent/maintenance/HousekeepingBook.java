package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restic.ForgetReport.Kept;
import io.holdfast.agent.restic.KeepRules;
import io.holdfast.agent.restic.KeepRules.Dated;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.restic.RepositoryKeys;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.HousekeepingRun;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The control plane, as far as a housekeeper reads and writes there. */
public interface HousekeepingBook {

  /**
   * What this device has to look after.
   *
   * @param target the copy target that it is about; empty for the repository of the devices
   * @throws ControlPlaneException if the control plane cannot be asked, or the device is no
   *     housekeeper
   */
  List<Task> tasks(String repositoryId, Optional<String> target) throws ControlPlaneException;

  /**
   * The jobs whose snapshots may go, those first that have waited longest.
   *
   * @param target the copy target that it is about; empty for the repository of the devices
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  List<RetentionWork> retention(String repositoryId, Optional<String> target)
      throws ControlPlaneException;

  /**
   * A job that this device may see, by its name or id, and the policy that applies to it.
   *
   * @return empty if there is no such job
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  Optional<JobPolicy> policyOf(String jobNameOrId) throws ControlPlaneException;

  /**
   * @param rules empty if all of its snapshots stay
   */
  record JobPolicy(
      UUID jobId,
      String jobName,
      String deviceId,
      Optional<String> policy,
      Optional<KeepRules> rules) {}

  /**
   * Writes down what has begun.
   *
   * @throws ControlPlaneException if it cannot be written: it must not begin then
   */
  void begun(HousekeepingRun run) throws ControlPlaneException;

  /**
   * Writes down which process does it, so that its lock can be told from a living one's.
   *
   * @param kernel where its number means something
   * @throws ControlPlaneException if it cannot be written
   */
  void process(UUID run, ProcessIdentity process, String kernel) throws ControlPlaneException;

  /**
   * A process of a housekeeper that gave no sign of its end.
   *
   * @param kernel where its number means something, see {@link io.holdfast.agent.restic.Kernel}
   */
  record LeftBehind(String deviceId, ProcessIdentity process, String kernel) {}

  /**
   * All of them, of any machine.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  List<LeftBehind> leftBehind(String repositoryId) throws ControlPlaneException;

  /**
   * The snapshots of a job that its policy is applied to: those that runs have told of, as the
   * repository was last listed.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  List<Dated> candidates(String repositoryId, UUID jobId) throws ControlPlaneException;

  /**
   * Writes down what is about to be forgotten: what is missing afterwards was removed by us.
   *
   * @return false if it is so much that an admin must allow it first
   * @throws ControlPlaneException if it cannot be written: nothing may be forgotten then
   */
  boolean forgetBegins(String repositoryId, UUID jobId, List<String> ids)
      throws ControlPlaneException;

  /**
   * Writes down that a policy was applied to a job, and which rules keep its snapshots.
   *
   * @throws ControlPlaneException if it cannot be written; it is applied again then
   */
  void judged(String repositoryId, UUID jobId, List<Kept> kept) throws ControlPlaneException;

  /**
   * The moment at which a list is begun, by the clock of the control plane.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  Instant beginList() throws ControlPlaneException;

  /**
   * Writes down a part of the list.
   *
   * @param begun when it was begun: what it shows may be gone since
   * @throws ControlPlaneException if it cannot be written
   */
  void list(String repositoryId, Instant begun, List<SnapshotEntry> part)
      throws ControlPlaneException;

  /**
   * How a list differs from what was known.
   *
   * @param forgotten what a forget of ours has removed
   * @param gone what no run had told of, and somebody has removed
   * @param vanished what a run had told of, and somebody else has removed
   * @param refused what a forget of ours was to remove, and is still there
   */
  record Compared(int forgotten, int gone, int vanished, int refused) {}

  /**
   * All has been listed: what was not is not there any more.
   *
   * @throws ControlPlaneException if it cannot be written
   */
  Compared endList(String repositoryId, Instant begun) throws ControlPlaneException;

  /**
   * Writes down by which keys a repository opens.
   *
   * @param target the copy target that it is; empty for the repository of the devices
   * @param keys all of them
   * @throws ControlPlaneException if it cannot be written, or this is no housekeeper
   */
  void keys(String repositoryId, Optional<String> target, List<RepositoryKeys.Key> keys)
      throws ControlPlaneException;
}
