package io.holdfast.agent.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.secret.Secret;
import java.time.Duration;
import java.util.Properties;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

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
  private final Jdbi jdbi;
  private final AutoCloseable resources;
  private final Runnable closeIdle;

  private Database(
      DatabaseAddress address, Jdbi jdbi, AutoCloseable resources, Runnable closeIdle) {
    this.address = address;
    this.jdbi = jdbi;
    this.resources = resources;
    this.closeIdle = closeIdle;
  }

  /** One connection, opened when it is needed: for a command that asks a few things and ends. */
  public static Database direct(DatabaseAddress address) {
    OneConnection connections = new OneConnection(address);
    return new Database(address, Jdbi.create(connections), connections, () -> {});
  }

  /**
   * A few connections that stay open: for the daemon. Does not connect yet, so the database may be
   * down.
   */
  public static Database pooled(DatabaseAddress address) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("control-plane");
    config.setJdbcUrl(address.jdbcUrl());
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
        address, Jdbi.create(pool), pool, () -> pool.getHikariPoolMXBean().softEvictConnections());
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
      return jdbi.inTransaction(work::with);
    } catch (JdbiException e) {
      throw DatabaseFaults.translate(e, address);
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
