package io.holdfast.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The PostgreSQL that tests talk to: the server that {@code HOLDFAST_TEST_DATABASE_URL} names (a
 * JDBC URL of a superuser), else an embedded one, started once per JVM. If neither can be had the
 * tests fail; none is skipped.
 */
public final class TestPostgres {

  /** A JDBC URL of a superuser on a server that may be used for tests. */
  public static final String URL_VARIABLE = "HOLDFAST_TEST_DATABASE_URL";

  /** Who owns the databases: nobody who could log in, and no superuser. */
  public static final String OWNER = "holdfast_owner";

  /** Makes that role, unless it is there; somebody else may be doing the same. */
  public static final String CREATE_OWNER =
      """
      DO $$
      BEGIN
        CREATE ROLE holdfast_owner NOLOGIN CREATEROLE;
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
      END
      $$
      """;

  private static final Pattern JDBC_URL =
      Pattern.compile("(?<server>jdbc:postgresql://[^/]+/)(?<database>[^?]*)(?<parameters>\\?.*)?");

  private static final class Holder {
    private static final TestPostgres SHARED = locate();
  }

  private final Matcher url;

  private TestPostgres(String superuserUrl) {
    url = JDBC_URL.matcher(superuserUrl);
    if (!url.matches()) {
      throw new IllegalArgumentException(
          URL_VARIABLE
              + " must look like jdbc:postgresql://host:port/database?user=..&password=..");
    }
  }

  /** The one server of this JVM, started at the first call. */
  public static TestPostgres shared() {
    return Holder.SHARED;
  }

  private static TestPostgres locate() {
    return Optional.ofNullable(System.getenv(URL_VARIABLE))
        .filter(value -> !value.isBlank())
        .map(TestPostgres::new)
        .orElseGet(TestPostgres::startEmbedded);
  }

  private static TestPostgres startEmbedded() {
    try {
      Path directory = Files.createTempDirectory("embedded-postgres-");
      Path data = directory.resolve("data");
      PostgresServer server = PostgresServer.startIn(data, directory.resolve("server.log"));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(server, data, directory)));
      return new TestPostgres(server.jdbcUrl("postgres"));
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded PostgreSQL did not start", e);
    }
  }

  private static void remove(PostgresServer server, Path data, Path directory) {
    try {
      server.close();
      ServerAccount.remove(data);
      ServerAccount.remove(directory);
    } catch (IOException e) {
      System.err.println(directory + " could not be removed: " + e.getMessage());
    }
  }

  /** Creates an empty database of its own for one test class and returns its name. */
  public String createDatabase() throws SQLException {
    return createDatabaseFrom("template0");
  }

  /** Creates a database that is a copy of another one, to which nobody may be connected. */
  public String createDatabaseFrom(String template) throws SQLException {
    String name = "holdfast_" + UUID.randomUUID().toString().replace("-", "");
    superuser(CREATE_OWNER);
    superuser(
        "CREATE DATABASE "
            + name
            + " OWNER "
            + OWNER
            + " TEMPLATE "
            + template
            + " ENCODING 'UTF8'");
    superuser("ALTER DATABASE " + name + " SET timezone = '" + PostgresServer.TIME_ZONE + "'");
    return name;
  }

  /** Runs one statement as the superuser in the server's first database. */
  public void superuser(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url.group());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The JDBC URL of a database for the superuser. */
  public String jdbcUrl(String database) {
    return url.group("server") + database + Optional.ofNullable(url.group("parameters")).orElse("");
  }

  /** The JDBC URL of a database without any user or password. */
  public String jdbcUrlWithoutCredentials(String database) {
    return url.group("server") + database;
  }
}
