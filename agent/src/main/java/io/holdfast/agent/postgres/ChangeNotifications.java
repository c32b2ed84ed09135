package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A connection that hears when the control plane's configuration changes. What it hears is a hint
 * only, without any content to trust: anybody with a login may notify.
 */
public final class ChangeNotifications implements AutoCloseable {

  private static final String CHANNEL = "holdfast_config";

  /** The payload for changes that concern every device. */
  private static final String EVERY_DEVICE = "*";

  private final DatabaseAddress address;
  private final String deviceId;
  private final Connection connection;

  private ChangeNotifications(DatabaseAddress address, String deviceId, Connection connection) {
    this.address = address;
    this.deviceId = deviceId;
    this.connection = connection;
  }

  /**
   * Connects and listens.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public static ChangeNotifications listen(DatabaseAddress address, String deviceId)
      throws ControlPlaneException {
    try {
      Connection connection =
          DriverManager.getConnection(address.jdbcUrl(), Database.credentials(address));
      try (Statement statement = connection.createStatement()) {
        statement.execute("LISTEN " + CHANNEL);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      return new ChangeNotifications(address, deviceId, connection);
    } catch (SQLException e) {
      throw DatabaseFaults.translate(e, address);
    }
  }

  /**
   * Waits for a change that concerns this device; also finds out whether the connection still
   * lives.
   *
   * @param longest how long to wait at most, at least 1 ms
   * @return whether there was one
   * @throws ControlPlaneException if the connection is lost
   */
  public boolean await(Duration longest) throws ControlPlaneException {
    try {
      PGNotification[] heard =
          connection
              .unwrap(PGConnection.class)
              .getNotifications(Math.toIntExact(Math.max(1, longest.toMillis())));
      if (heard == null || heard.length == 0) {
        // A connection whose other end vanished hears nothing for ever: ask it.
        try (Statement statement = connection.createStatement()) {
          statement.execute("SELECT 1");
        }
        return false;
      }
      for (PGNotification notification : heard) {
        if (concernsUs(notification.getParameter())) {
          return true;
        }
      }
      return false;
    } catch (SQLException e) {
      throw DatabaseFaults.translate(e, address);
    }
  }

  private boolean concernsUs(String payload) {
    return payload.equals(EVERY_DEVICE) || payload.equals(deviceId);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is gone: that is what was wanted.
    }
  }
}
