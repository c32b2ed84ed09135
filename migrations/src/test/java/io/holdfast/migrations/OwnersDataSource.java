package io.holdfast.migrations;

import io.holdfast.embedded.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections that act as the owner of the database, who cannot log in. */
final class OwnersDataSource extends PGSimpleDataSource {

  private static final long serialVersionUID = 1L;

  OwnersDataSource(String url) {
    setUrl(url);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = super.getConnection();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET ROLE " + TestPostgres.OWNER);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
