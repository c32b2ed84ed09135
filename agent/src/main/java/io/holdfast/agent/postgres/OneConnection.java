package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jdbi.v3.core.ConnectionFactory;
import org.postgresql.Driver;

/**
 * Opens connections as they are needed and keeps one of them for the next call, which is all the
 * pool that a command needs: a connection costs more than all that a command asks through it. Safe
 * for many threads.
 */
final class OneConnection implements ConnectionFactory, AutoCloseable {

  private final DatabaseAddress address;
  private Optional<Connection> idle = Optional.empty();
  private boolean closed;

  OneConnection(DatabaseAddress address) {
    this.address = address;
  }

  @Override
  public Connection openConnection() throws SQLException {
    Optional<Connection> kept = take();
    return kept.isPresent() && !kept.get().isClosed() ? kept.get() : connect();
  }

  private Connection connect() throws SQLException {
    Connection connection = open();
    try (Statement statement = connection.createStatement()) {
      statement.execute(Database.AT_CONNECTING);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Without the DriverManager, which would look through all jars for other drivers first. */
  private Connection open() throws SQLException {
    Connection connection =
        new Driver().connect(address.urlForTheDriver(), Database.credentials(address));
    if (connection == null) {
      throw new SQLException("this is no address of PostgreSQL", "08001");
    }
    return connection;
  }

  private synchronized Optional<Connection> take() {
    Optional<Connection> taken = idle;
    idle = Optional.empty();
    return taken;
  }

  @Override
  public void closeConnection(Connection connection) throws SQLException {
    if (!keep(connection)) {
      connection.close();
    }
  }

  private synchronized boolean keep(Connection connection) {
    if (closed || idle.isPresent()) {
      return false;
    }
    idle = Optional.of(connection);
    return true;
  }

  @Override
  public void close() throws SQLException {
    Optional<Connection> last;
    synchronized (this) {
      closed = true;
      last = take();
    }
    if (last.isPresent()) {
      last.get().close();
    }
  }
}
