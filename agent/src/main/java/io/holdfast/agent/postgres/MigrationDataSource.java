package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.secret.Secret;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connections for Flyway: they look into the schema public alone, whatever the database, the role
 * or the URL says of the search path, and may act as the owner of the control plane, who need not
 * be able to log in.
 */
final class MigrationDataSource extends PGSimpleDataSource {

  private static final long serialVersionUID = 1L;

  /** Where Flyway puts the name of a role as it is into a literal, apostrophes and all. */
  private static final String FLYWAYS_SET_ROLE = "SET ROLE '";

  private final transient Optional<String> quotedOwner;
  private final String quotedActor;

  /**
   * @param quotedOwner whom to act as; empty for the login itself
   * @param quotedLogin the login, which is acted as where no owner is given
   */
  MigrationDataSource(DatabaseAddress address, Optional<String> quotedOwner, String quotedLogin) {
    this.quotedOwner = quotedOwner;
    quotedActor = quotedOwner.orElse(quotedLogin);
    setUrl(address.urlForTheDriver());
    address.user().ifPresent(this::setUser);
    address.password().map(Secret::value).ifPresent(this::setPassword);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = super.getConnection();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET search_path = public");
      if (quotedOwner.isPresent()) {
        statement.execute("SET ROLE " + quotedOwner.get());
      }
      return withRolesQuoted(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private Connection withRolesQuoted(Connection connection) {
    InvocationHandler handler =
        (_, method, arguments) -> {
          if (method.getName().equals("prepareStatement")
              && arguments[0] instanceof String sql
              && sql.startsWith(FLYWAYS_SET_ROLE)) {
            arguments[0] = "SET ROLE " + quotedActor;
          }
          try {
            return method.invoke(connection, arguments);
          } catch (InvocationTargetException e) {
            throw e.getTargetException();
          }
        };
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, handler);
  }
}
