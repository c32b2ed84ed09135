package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.PGProperty;

/**
 * A connection that hears when the control plane's configuration changes, on a channel of this
 * device's own. What it hears is a hint only, without any content to trust. It ends by itself when
 * too much has come.
 */
public final class ChangeNotifications implements AutoCloseable {

  /** The payload for changes that concern every device, all of which hear it at once. */
  private static final String EVERY_DEVICE = "*";

  private static final String CHANNEL =
      """
      SELECT quote_ident(holdfast.channel_of(?))
      """;

  /** What was heard. */
  public enum Heard {
    NOTHING,
    /** Of this device. */
    OWN,
    /** Of all devices. */
    EVERYBODYS
  }

  private final DatabaseAddress address;
  private final Connection connection;

  private ChangeNotifications(DatabaseAddress address, Connection connection) {
    this.address = address;
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
      Properties properties = Database.credentials(address);
      PGProperty.SOCKET_FACTORY.set(properties, BoundedSockets.class.getName());
      Connection connection = DriverManager.getConnection(address.urlForTheDriver(), properties);
      try {
        listen(connection, deviceId);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      return new ChangeNotifications(address, connection);
    } catch (SQLException e) {
      throw DatabaseFaults.translate(e, address);
    }
  }

  private static void listen(Connection connection, String deviceId) throws SQLException {
    String channel;
    try (PreparedStatement ask = connection.prepareStatement(CHANNEL)) {
      ask.setString(1, deviceId);
      try (ResultSet row = ask.executeQuery()) {
        row.next();
        channel = row.getString(1);
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("LISTEN " + channel);
    }
  }

  /**
   * Waits for a change that concerns this device; also finds out whether the connection still
   * lives.
   *
   * @param longest how long to wait at most, at least 1 ms
   * @throws ControlPlaneException if the connection is lost
   */
  public Heard await(Duration longest) throws ControlPlaneException {
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
        return Heard.NOTHING;
      }
      return Stream.of(heard).allMatch(one -> one.getParameter().equals(EVERY_DEVICE))
          ? Heard.EVERYBODYS
          : Heard.OWN;
    } catch (SQLException e) {
      throw DatabaseFaults.translate(e, address);
    }
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
