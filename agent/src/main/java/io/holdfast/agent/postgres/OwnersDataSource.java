package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.secret.Secret;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections that act as the owner of the control plane, who need not be able to log in. */
final class OwnersDataSource extends PGSimpleDataSource {

  private static final long serialVersionUID = 1L;

  private final String quotedOwner;

  OwnersDataSource(DatabaseAddress address, String quotedOwner) {
    this.quotedOwner = quotedOwner;
    setUrl(address.urlForTheDriver());
    address.user().ifPresent(this::setUser);
    address.password().map(Secret::value).ifPresent(this::setPassword);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = super.getConnection();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET ROLE " + quotedOwner);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
