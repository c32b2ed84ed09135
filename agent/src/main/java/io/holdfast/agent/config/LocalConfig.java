package io.holdfast.agent.config;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The machine's own configuration.
 *
 * @param file where it was read from
 * @param deviceName the name under which the device registers; afterwards the control plane's name
 *     holds
 * @param resticPath empty to look for it
 * @param resticReleases where restic's releases are fetched from; empty for restic's own place
 * @param policy what rows of the control plane may make this machine do
 * @param log where the agent logs to, and how
 * @param controlPlaneDump empty if this machine does not dump the control plane
 * @param warnings what should be mended but does not keep the agent from working
 */
public record LocalConfig(
    Path file,
    String deviceId,
    String deviceName,
    DatabaseAddress database,
    Optional<Path> resticPath,
    Optional<String> resticReleases,
    Path stateDirectory,
    Policy policy,
    LogSection log,
    Optional<ControlPlaneDumpSection> controlPlaneDump,
    List<String> warnings) {

  public LocalConfig {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(deviceId, "deviceId");
    Objects.requireNonNull(deviceName, "deviceName");
    Objects.requireNonNull(database, "database");
    Objects.requireNonNull(resticPath, "resticPath");
    Objects.requireNonNull(resticReleases, "resticReleases");
    Objects.requireNonNull(stateDirectory, "stateDirectory");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(log, "log");
    Objects.requireNonNull(controlPlaneDump, "controlPlaneDump");
    warnings = List.copyOf(warnings);
  }

  /** Connections to the control plane by which another server could answer. */
  public List<Problem> unprovedServers() {
    return Stream.concat(
            unproved("database", Optional.of(database)),
            unproved("control_plane_dump", controlPlaneDump.map(ControlPlaneDumpSection::database)))
        .toList();
  }

  private static Stream<Problem> unproved(String section, Optional<DatabaseAddress> address) {
    return address.flatMap(DatabaseAddress::gap).stream()
        .map(gap ->
            Problem.ofDevice(
                    section.replace('_', '-') + "-unproved", gap, remedyForGap(section + ".url"))
                .asWarning());
  }

  /** What to do about a {@link DatabaseAddress#gap()}, by where its URL stands. */
  public static String remedyForGap(String where) {
    return "Have the server show a certificate for its name, and take what weakens the check out of"
        + " "
        + where
        + ": without it sslmode is verify-full.";
  }

  /** Where this machine keeps the secrets that settings refer to: beside its configuration file. */
  public Path secretsDirectory() {
    return secretsBeside(file.toAbsolutePath());
  }

  /** The same for a configuration file that has not been read. */
  public static Path secretsBeside(Path configFile) {
    return configFile.resolveSibling("secrets");
  }
}
