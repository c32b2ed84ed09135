package io.holdfast.agent.e2e;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Site;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A place inside the database at which transactions of one kind wait, so that something can happen
 * to them just there; whoever has passed holds up nobody else. Open again when it is closed, or
 * when the server has lost the gatekeeper's connection.
 */
final class Gate implements AutoCloseable {

  private static final long LOCK = 4711;

  private final ControlPlane psql;
  private final Connection gatekeeper;

  private Gate(ControlPlane psql, Connection gatekeeper) {
    this.psql = psql;
    this.gatekeeper = gatekeeper;
  }

  /** What sets off this trigger waits from now on. */
  static Gate before(ControlPlane psql, String trigger) throws SQLException {
    psql.execute(
        """
        CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(%s); RETURN NEW; END $$
        """
            .formatted(LOCK));
    psql.execute("CREATE " + trigger + " EXECUTE FUNCTION gate()");
    Connection gatekeeper = DriverManager.getConnection(psql.url());
    try (Statement statement = gatekeeper.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(" + LOCK + ")");
    }
    return new Gate(psql, gatekeeper);
  }

  void awaitSomebody() {
    Site.eventually()
        .until(() ->
            !psql.rows("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                .isEmpty());
  }

  /** Opens the gate. */
  @Override
  public void close() throws SQLException {
    gatekeeper.close();
  }
}
