package io.holdfast.agent.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.secret.Secret;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * The door to the control plane's database: each call is one transaction, and its failure a
 * sentence.
 */
public final class Database implements AutoCloseable {

  private static final Duration LONGEST_WAIT_FOR_A_CONNECTION = Duration.ofSeconds(15);

  /**
   * For every new connection. If this machine vanishes in the middle of a transaction, the server
   * would keep its locks for hours, and so lock out this very machine when it is back from another
   * address. A statement and no start-up option, since PgBouncer refuses those.
   */
  static final String AT_CONNECTING = "SET idle_in_transaction_session_timeout = '15s'";

  private final DatabaseAddress address;
  private final ConnectionFactory connections;
  private final AutoCloseable resources;
  private final Runnable closeIdle;
  private Optional<Jdbi> jdbi = Optional.empty();

  private Database(
      DatabaseAddress address,
      ConnectionFactory connections,
      AutoCloseable resources,
      Runnable closeIdle) {
    this.address = address;
    this.connections = connections;
    this.resources = resources;
    this.closeIdle = closeIdle;
  }

  /** One connection, opened when it is needed: for a command that asks a few things and ends. */
  public static Database direct(DatabaseAddress address) {
    OneConnection connections = new OneConnection(address);
    return new Database(address, connections, connections, () -> {});
  }

  /**
   * A few connections that stay open: for the daemon. Does not connect yet, so the database may be
   * down.
   */
  public static Database pooled(DatabaseAddress address) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("control-plane");
    config.setJdbcUrl(address.urlForTheDriver());
    // Asked for every connection: the password may be rotated while we run.
    config.setCredentialsProvider(() ->
        new Credentials(
            address.user().orElse(null),
            address.currentPassword().map(Secret::value).orElse(null)));
    config.setConnectionInitSql(AT_CONNECTING);
    config.setMaximumPoolSize(3);
    config.setMinimumIdle(0);
    config.setIdleTimeout(Duration.ofMinutes(10).toMillis());
    config.setInitializationFailTimeout(-1);
    config.setConnectionTimeout(LONGEST_WAIT_FOR_A_CONNECTION.toMillis());
    HikariDataSource pool = new HikariDataSource(config);
    return new Database(
        address,
        pool::getConnection,
        pool,
        () -> pool.getHikariPoolMXBean().softEvictConnections());
  }

  static Properties credentials(DatabaseAddress address) {
    Properties properties = new Properties();
    address.user().ifPresent(user -> properties.setProperty("user", user));
    address
        .currentPassword()
        .map(Secret::value)
        .ifPresent(password -> properties.setProperty("password", password));
    return properties;
  }

  /** Where the database is, without any secret. */
  public DatabaseAddress address() {
    return address;
  }

  /** What a call does with its open transaction. */
  @FunctionalInterface
  interface Work<T> {
    T with(Handle handle);
  }

  /**
   * Does the work in one transaction.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  <T> T call(Work<T> work) throws ControlPlaneException {
    try {
      return jdbi().inTransaction(work::with);
    } catch (JdbiException e) {
      throw DatabaseFaults.translate(e, address);
    }
  }

  private synchronized Jdbi jdbi() {
    if (jdbi.isEmpty()) {
      jdbi = Optional.of(Jdbi.create(connections));
    }
    return jdbi.get();
  }

  /** What a row of an answer says. */
  @FunctionalInterface
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /**
   * The rows of one query, each parameter a question mark in it. Without Jdbi, whose start takes a
   * command longer than the query does.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  <T> List<T> rows(String query, RowReader<T> reader, @Nullable Object... parameters)
      throws ControlPlaneException {
    try {
      Connection connection = connections.openConnection();
      try {
        return rows(connection, query, reader, parameters);
      } finally {
        connections.closeConnection(connection);
      }
    } catch (SQLException e) {
      throw DatabaseFaults.translate(e, address);
    }
  }

  private static <T> List<T> rows(
      Connection connection, String query, RowReader<T> reader, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      List<T> rows = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          rows.add(reader.read(row));
        }
      }
      return rows;
    }
  }

  /** Whether this server asks for a password, and the address has none. */
  public static boolean lacksPassword(DatabaseAddress address) {
    try (Database database = direct(address)) {
      database.rows("SELECT 1", row -> row.getInt(1));
      return false;
    } catch (ControlPlaneException e) {
      // Whatever else it is comes up again, and is told, when the command does its work.
      return e.problem().code().equals(ServerFaults.PASSWORD_MISSING);
    }
  }

  /** Lets go of the connections of a pool; the next call opens one again. */
  public void rest() {
    closeIdle.run();
  }

  @Override
  public void close() {
    try {
      resources.close();
    } catch (Exception e) {
      throw new IllegalStateException("the connection pool did not close", e);
    }
  }
}
