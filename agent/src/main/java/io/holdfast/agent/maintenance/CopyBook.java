package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The control plane, as far as copies of snapshots are concerned. */
public interface CopyBook {

  /**
   * A row of {@code copy_targets}.
   *
   * @param values the columns that are named like settings; secrets, or what stands for them
   * @param repositoryId as a housekeeper found it last
   */
  record TargetRow(
      String name, Map<String, String> values, boolean autoInit, Optional<String> repositoryId) {
    public TargetRow {
      Objects.requireNonNull(name, "name");
      values = Map.copyOf(values);
      Objects.requireNonNull(repositoryId, "repositoryId");
    }

    /** The values may be passwords. */
    @Override
    public String toString() {
      return "TargetRow[" + name + "]";
    }
  }

  /**
   * Those that are enabled, by name.
   *
   * @throws ControlPlaneException if the control plane cannot be asked, or the device is no
   *     housekeeper
   */
  List<TargetRow> targets() throws ControlPlaneException;

  /**
   * Writes down which repository is there.
   *
   * @throws ControlPlaneException if the control plane cannot be told
   */
  void found(String target, String repositoryId) throws ControlPlaneException;

  /**
   * The jobs whose snapshots belong there.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  Set<UUID> jobs(String target) throws ControlPlaneException;

  /**
   * Which of these are to be copied: runs have told of them, and no policy has removed them from
   * the target.
   *
   * @param sourceId where they are, as it was just listed
   * @param targetId the repository that they are copied into
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  Set<String> wanted(String sourceId, String targetId, Collection<String> ids)
      throws ControlPlaneException;
}
