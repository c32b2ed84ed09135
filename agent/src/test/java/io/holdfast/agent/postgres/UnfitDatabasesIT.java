package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.Migrations.Step;
import io.holdfast.agent.secret.Secret;
import io.holdfast.embedded.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Findings B9, B10, W14 and e1: databases and owners with which {@code holdfast migrate} would make
 * half a control plane. Either they get a whole one, or a sentence before anything is written.
 */
class UnfitDatabasesIT {

  private static final String PASSWORD = "unfit-test";

  private final String database = "holdfast_" + UUID.randomUUID().toString().replace("-", "");
  private final List<String> roles = new ArrayList<>();

  private static String quoted(String name) {
    return '"' + name + '"';
  }

  private void owner(String name) throws SQLException {
    TestPostgres.shared()
        .superuser("CREATE ROLE " + quoted(name) + " LOGIN CREATEROLE PASSWORD '" + PASSWORD + "'");
    roles.add(name);
  }

  private void createdBy(String owner, String options) throws SQLException {
    TestPostgres.shared()
        .superuser(
            "CREATE DATABASE "
                + database
                + " OWNER "
                + quoted(owner)
                + " TEMPLATE template0 "
                + options);
  }

  /** The groups belong to the server, and another test's owner may have made them. */
  private void mayGrantTheGroups(String owner) throws SQLException {
    for (String group :
        List.of("backup_admin", "backup_client", "backup_viewer", "backup_shared_client")) {
      TestPostgres.shared()
          .superuser(
              "DO $$ BEGIN CREATE ROLE "
                  + group
                  + "; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
      TestPostgres.shared()
          .superuser("GRANT " + group + " TO " + quoted(owner) + " WITH ADMIN OPTION");
    }
  }

  @AfterEach
  void drop() throws SQLException {
    TestPostgres.shared().superuser("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
    for (String role : roles) {
      TestPostgres.shared().superuser("DROP ROLE IF EXISTS " + quoted(role));
    }
  }

  private Migrations as(String login, String parameters) {
    return new Migrations(
        new DatabaseAddress(
            TestPostgres.shared().jdbcUrlWithoutCredentials(database) + parameters,
            Optional.of(login),
            Optional.of(new Secret(PASSWORD)),
            "test"));
  }

  private List<String> found(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(TestPostgres.shared().jdbcUrl(database));
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (result.next()) {
        all.add(result.getString(1));
      }
      return all;
    }
  }

  /** All tables of the database that are none of PostgreSQL's own. */
  private List<String> schemas() throws SQLException {
    return found(
        "SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)' ORDER BY 1");
  }

  private String someName(String prefix) {
    return prefix + UUID.randomUUID().toString().substring(0, 8);
  }

  private void works(String owner, String parameters) throws Exception {
    Migrations migrations = as(owner, parameters);
    assertThat(migrations.migrate().steps()).isGreaterThan(40);
    assertThat(schemas()).containsExactly("holdfast", "public");
    assertThat(migrations.steps())
        .extracting(Step::state)
        .as("what --status says")
        .containsOnly("Success");
    assertThat(migrations.migrate().steps()).isZero();
    assertThat(found("SELECT schema_version FROM public.control_plane_version"))
        .containsExactly(String.valueOf(SchemaCheck.BUILT_FOR));
  }

  private void isRefused(String owner, String... words) throws Exception {
    assertThatThrownBy(() -> as(owner, "").migrate())
        .isInstanceOfSatisfying(
            ControlPlaneException.class,
            refusal ->
                assertThat(refusal.problem().message() + ". " + refusal.problem().remedy())
                    .contains(words));
    assertThat(schemas()).as("nothing is written").isEmpty();
    assertThat(found("SELECT nspname FROM pg_namespace WHERE nspname = 'holdfast'")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"LATIN1", "WIN1252", "EUC_JP", "SQL_ASCII"})
  void a_database_that_is_not_utf8_is_refused(String encoding) throws Exception {
    String owner = someName("owner_");
    owner(owner);
    mayGrantTheGroups(owner);
    createdBy(owner, "ENCODING '" + encoding + "' LC_COLLATE 'C' LC_CTYPE 'C'");
    isRefused(
        owner,
        "the database at test has the encoding " + encoding,
        "CREATE DATABASE ... OWNER " + owner + " ENCODING 'UTF8' TEMPLATE template0;");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE SCHEMA app; ALTER DATABASE %1$s SET search_path = app, public",
        "ALTER DATABASE %1$s SET search_path = ''",
        "CREATE SCHEMA app; ALTER ROLE \"%2$s\" IN DATABASE %1$s SET search_path = app",
        "CREATE SCHEMA \"%2$s\" AUTHORIZATION \"%2$s\""
      })
  void a_search_path_that_leads_elsewhere_changes_nothing(String setting) throws Exception {
    String owner = someName("owner_");
    owner(owner);
    mayGrantTheGroups(owner);
    createdBy(owner, "ENCODING 'UTF8'");
    try (Connection connection =
            DriverManager.getConnection(TestPostgres.shared().jdbcUrl(database));
        Statement statement = connection.createStatement()) {
      statement.execute(setting.formatted(database, owner));
    }
    works(owner, "");
  }

  @Test
  void nor_does_one_in_the_url() throws Exception {
    String owner = someName("owner_");
    owner(owner);
    mayGrantTheGroups(owner);
    createdBy(owner, "ENCODING 'UTF8'");
    works(owner, "?options=-csearch_path%3Dfoo");
  }

  @ParameterizedTest
  @ValueSource(strings = {"We'ird User@x ", "with blanks ", "''", "Größe \\ "})
  void an_owner_may_have_any_name(String name) throws Exception {
    String owner = someName(name);
    owner(owner);
    mayGrantTheGroups(owner);
    createdBy(owner, "ENCODING 'UTF8'");
    works(owner, "");
  }

  @Test
  void so_may_a_member_of_the_owner() throws Exception {
    String owner = someName("an owner's ");
    owner(owner);
    mayGrantTheGroups(owner);
    String member = someName("it's me ");
    TestPostgres.shared()
        .superuser("CREATE ROLE " + quoted(member) + " LOGIN PASSWORD '" + PASSWORD + "'");
    roles.add(member);
    TestPostgres.shared().superuser("GRANT " + quoted(owner) + " TO " + quoted(member));
    createdBy(owner, "ENCODING 'UTF8'");
    works(member, "");
    assertThat(
            found(
                "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace ="
                    + " 'holdfast'::regnamespace"))
        .containsExactly(owner);
  }

  /** From PostgreSQL 16 on who may make roles may not grant those that another has made. */
  @Test
  void a_second_owner_is_told_who_can_let_him_grant_the_groups() throws Exception {
    String first = someName("owner_");
    owner(first);
    mayGrantTheGroups(first);
    String second = someName("owner_");
    owner(second);
    createdBy(second, "ENCODING 'UTF8'");
    if (Integer.parseInt(found("SHOW server_version_num").getFirst()) < 160_000) {
      works(second, "");
      return;
    }
    isRefused(
        second,
        "belongs to " + second + ", who may not grant backup_admin, backup_client",
        "GRANT backup_admin, backup_client, backup_shared_client, backup_viewer TO "
            + second
            + " WITH ADMIN OPTION;");
    String grant =
        "GRANT backup_admin, backup_client, backup_shared_client, backup_viewer TO "
            + second
            + " WITH ADMIN OPTION";
    TestPostgres.shared().superuser(grant);
    works(second, "");
  }
}
