package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.flywaydb.core.api.FlywayException;

/** Who keeps a migration from going on: any login may hold the lock that Flyway takes. */
final class MigrationLock {

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /** A session that holds what a migration needs. */
  private record Holder(int pid, String login) {
    String shown() {
      return "pid " + pid + " of " + login;
    }
  }

  // Flyway's own lock is a number near to the one that spells Flyway; the table is added to it.
  private static final String HOLDERS =
      """
      SELECT DISTINCT a.pid, coalesce(a.usename, '?') AS login
      FROM pg_locks k
             JOIN pg_stat_activity a USING (pid)
             LEFT JOIN pg_class c ON c.oid = k.relation AND k.locktype = 'relation'
             LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE k.granted
        AND k.pid <> pg_backend_pid()
        AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND (k.locktype = 'advisory' AND k.objsubid = 1 AND k.classid::bigint BETWEEN 18027 AND 18029
             OR n.nspname IN ('public', 'holdfast'))
      ORDER BY a.pid
      LIMIT 5
      """;

  private MigrationLock() {}

  /** Whether somebody else's lock is what has ended it. */
  static boolean isWhy(FlywayException failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql && LOCK_NOT_AVAILABLE.equals(sql.getSQLState())) {
        return true;
      }
    }
    return String.valueOf(failure.getMessage()).contains("advisory lock");
  }

  static ControlPlaneException held(Database database, FlywayException cause)
      throws ControlPlaneException {
    List<Holder> holders =
        database.rows(HOLDERS, row -> new Holder(row.getInt("pid"), row.getString("login")));
    String who =
        holders.isEmpty()
            ? "by a session that has ended since"
            : "by " + holders.stream().map(Holder::shown).collect(Collectors.joining(", "));
    return new ControlPlaneException(
        Kind.UNAVAILABLE,
        Problem.ofDevice(
            "migration-locked",
            "the database at "
                + database.address().display()
                + " cannot be migrated now: what the migration needs is held "
                + who,
            holders.isEmpty()
                ? "Run it again."
                : "If it is no other 'holdfast migrate', end it as a superuser and run this again:"
                    + " SELECT "
                    + holders.stream()
                        .map(holder -> "pg_terminate_backend(" + holder.pid() + ")")
                        .collect(Collectors.joining(", "))
                    + ";"),
        cause);
  }
}
