package io.holdfast.agent.config;

import io.holdfast.agent.secret.Recipient;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The section {@code control_plane_dump}: how this machine dumps the control plane, if it may at
 * all.
 *
 * @param database as whom, which may be another login than the agent's own
 * @param pgDump empty to look in PATH
 * @param recipients for whom the dump is encrypted; none can be made without them
 */
public record ControlPlaneDumpSection(
    DatabaseAddress database, Optional<Path> pgDump, List<Recipient> recipients) {

  public ControlPlaneDumpSection {
    Objects.requireNonNull(database, "database");
    Objects.requireNonNull(pgDump, "pgDump");
    recipients = List.copyOf(recipients);
  }
}
