package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.secret.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/** The versioned SQL of {@code migrations/}, applied by the owner of the database. */
public final class Migrations {

  private static final String LOCATION = "classpath:io/holdfast/migrations";

  private final DatabaseAddress address;
  private final Flyway flyway;

  public Migrations(DatabaseAddress address) {
    this.address = address;
    flyway =
        Flyway.configure()
            .dataSource(
                address.jdbcUrl(),
                address.user().orElse(null),
                address.password().map(Secret::value).orElse(null))
            .locations(LOCATION)
            .validateMigrationNaming(true)
            // A database that holds other things besides is fine: ours starts at version 1 all the
            // same.
            .baselineOnMigrate(true)
            .baselineVersion("0")
            .load();
  }

  /**
   * One migration.
   *
   * @param appliedAt empty while it is pending
   * @param state Flyway's word: {@code Success}, {@code Pending}, {@code Failed} ...
   */
  public record Step(
      String version, String description, String state, Optional<Instant> appliedAt) {}

  /**
   * Applies what is pending.
   *
   * @return how many migrations were applied
   * @throws ControlPlaneException if the database cannot be reached, or if a migration failed: then
   *     that one is rolled back as a whole
   */
  public int migrate() throws ControlPlaneException {
    try {
      return flyway.migrate().migrationsExecuted;
    } catch (FlywayException e) {
      throw translated(e);
    }
  }

  /**
   * All migrations, applied ones and pending ones, in their order.
   *
   * @throws ControlPlaneException if the database cannot be reached
   */
  public List<Step> steps() throws ControlPlaneException {
    try {
      return Stream.of(flyway.info().all())
          .filter(info -> info.getVersion() != null && !info.getVersion().getVersion().equals("0"))
          .map(Migrations::step)
          .toList();
    } catch (FlywayException e) {
      throw translated(e);
    }
  }

  /** The right that is missing here is another one than that which an agent misses. */
  private ControlPlaneException translated(FlywayException failure) {
    ControlPlaneException fault = DatabaseFaults.translate(failure, address);
    if (!fault.problem().code().equals(DatabaseFaults.RIGHT_MISSING)) {
      return fault;
    }
    return new ControlPlaneException(
        fault.kind(),
        Problem.ofDevice(
            DatabaseFaults.RIGHT_MISSING,
            fault.problem().message(),
            "Run it as the owner of the database; the first time that role needs CREATEROLE."),
        failure);
  }

  private static Step step(MigrationInfo info) {
    return new Step(
        info.getVersion().getVersion(),
        info.getDescription(),
        info.getState().getDisplayName(),
        Optional.ofNullable(info.getInstalledOn()).map(date -> date.toInstant()));
  }
}
