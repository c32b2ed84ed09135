package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.secret.Secret;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** The versioned SQL of {@code migrations/}, applied by the owner of the database. */
public final class Migrations {

  private static final String LOCATION = "classpath:io/holdfast/migrations";

  /** Flyway tries once a second to be the only one that migrates. */
  private static final int SECONDS_FOR_THE_LOCK = 10;

  private final DatabaseAddress address;

  public Migrations(DatabaseAddress address) {
    this.address = address;
  }

  private FluentConfiguration flyway() {
    return Flyway.configure()
        .dataSource(
            address.urlForTheDriver(),
            address.user().orElse(null),
            address.password().map(Secret::value).orElse(null))
        .locations(LOCATION)
        .validateMigrationNaming(true)
        .lockRetryCount(SECONDS_FOR_THE_LOCK)
        // A database that holds other things besides is fine: ours starts at version 1 all the
        // same.
        .baselineOnMigrate(true)
        .baselineVersion("0");
  }

  /**
   * One migration.
   *
   * @param appliedAt empty while it is pending
   * @param state Flyway's word: {@code Success}, {@code Pending}, {@code Failed} ...
   */
  public record Step(
      String version, String description, String state, Optional<Instant> appliedAt) {}

  /** What stands open in the database, or has been closed just now, and what to do about it. */
  public record Finding(String sentence, String remedy) {}

  /**
   * What came of a migration.
   *
   * @param steps how many migrations were applied
   */
  public record Applied(int steps, List<Finding> findings) {}

  /**
   * Applies what is pending, as the owner of the control plane, whose member the login may be.
   *
   * @throws ControlPlaneException if the database cannot be reached, if its owner is a superuser
   *     and it holds no control plane yet, or if a migration failed: then that one is rolled back
   *     as a whole
   */
  public Applied migrate() throws ControlPlaneException {
    try (Database database = Database.direct(address)) {
      Ownership ownership = database.rows(OWNERSHIP, Ownership::read).getFirst();
      if (ownership.fresh() && ownership.superuser()) {
        throw refused(ownership);
      }
      FluentConfiguration flyway = flyway();
      if (ownership.mayActAsOwner()) {
        flyway.dataSource(new OwnersDataSource(address, ownership.quotedOwner()));
      }
      return new Applied(migrated(flyway, database), findings(database, ownership.at()));
    }
  }

  private int migrated(FluentConfiguration flyway, Database database) throws ControlPlaneException {
    try {
      return flyway.load().migrate().migrationsExecuted;
    } catch (FlywayException e) {
      if (MigrationLock.isWhy(e)) {
        throw MigrationLock.held(database, e);
      }
      throw translated(e);
    }
  }

  // Of a control plane that is there its owner, else that of the database.
  private static final String OWNERSHIP =
      """
      SELECT clock_timestamp() AS at, n.oid IS NULL AS fresh, r.rolsuper AS superuser, quote_ident(r.rolname) AS owner,
             quote_ident(d.datname) AS database, quote_ident(current_user) AS login,
             r.rolname <> current_user AND pg_has_role(r.oid, 'MEMBER') AS member
      FROM pg_database d
             LEFT JOIN pg_namespace n ON n.nspname = 'holdfast'
             JOIN pg_roles r ON r.oid = coalesce(n.nspowner, d.datdba)
      WHERE d.datname = current_database()
      """;

  private record Ownership(
      Instant at,
      boolean fresh,
      boolean superuser,
      String quotedOwner,
      String quotedDatabase,
      String quotedLogin,
      boolean mayActAsOwner) {

    static Ownership read(ResultSet row) throws SQLException {
      return new Ownership(
          Times.read(row, "at").orElseThrow(),
          row.getBoolean("fresh"),
          row.getBoolean("superuser"),
          row.getString("owner"),
          row.getString("database"),
          row.getString("login"),
          row.getBoolean("member"));
    }
  }

  private ControlPlaneException refused(Ownership ownership) {
    return new ControlPlaneException(
        Kind.MISCONFIGURED,
        Problem.ofDevice(
            "owner-is-superuser",
            "the database at "
                + address.display()
                + " belongs to the superuser "
                + ownership.quotedOwner()
                + ": a fault in a function of the control plane would be one of the whole server",
            "Give it an owner of its own, who need not be able to log in, and run this again:"
                + " CREATE ROLE holdfast_owner NOLOGIN CREATEROLE; ALTER DATABASE "
                + ownership.quotedDatabase()
                + " OWNER TO holdfast_owner;"));
  }

  private static final String FINDINGS =
      """
      SELECT finding, remedy, 1 AS place, code
      FROM security_findings
      UNION ALL
      SELECT (before ->> 'right') || ' was taken back: ' || (after ->> 'why'), after ->> 'remedy', 0, row_id
      FROM audit_log
      WHERE table_name = 'pg_auth_members' AND at >= CAST(? AS timestamptz)
      UNION ALL
      SELECT format('device %s has a repository_url of its own, and is not told the fleet''s %s any more: it has got a copy',
                    device_id, key),
             format('If its repository is another one, give it another: UPDATE settings SET value = ''...'' WHERE device_id = %L'
                    ' AND key = %L;', device_id, key),
             2, device_id
      FROM settings
      WHERE description = 'As the whole fleet had it before schema 38' AND created_at >= CAST(? AS timestamptz)
      ORDER BY place, code
      """;

  private static List<Finding> findings(Database database, Instant since)
      throws ControlPlaneException {
    return database.rows(
        FINDINGS,
        row -> new Finding(row.getString("finding"), row.getString("remedy")),
        since.toString(),
        since.toString());
  }

  /**
   * All migrations, applied ones and pending ones, in their order.
   *
   * @throws ControlPlaneException if the database cannot be reached
   */
  public List<Step> steps() throws ControlPlaneException {
    try {
      return Stream.of(flyway().load().info().all())
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
            "Run it as the owner of the database, or as a member of it; the first time the owner"
                + " needs CREATEROLE."),
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
