package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.stream.Stream;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;

class MigrationsIT {

  @Test
  void an_empty_database_gets_every_migration_and_the_next_run_finds_nothing_to_do()
      throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.empty()) {
      int applied = database.migrate();
      assertThat(applied).isPositive();
      assertThat(database.migrate()).isZero();
    }
  }

  @Test
  void the_version_in_the_table_is_that_of_the_newest_migration() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      int newest =
          Stream.of(database.flyway().info().all())
              .map(MigrationInfo::getVersion)
              .mapToInt(version -> version.getMajor().intValue())
              .max()
              .orElseThrow();
      assertThat(database.value("SELECT schema_version FROM control_plane_version"))
          .isEqualTo(newest);
      assertThat((Integer) database.value("SELECT oldest_agent_schema FROM control_plane_version"))
          .isBetween(1, newest);
    }
  }

  @Test
  void a_database_that_holds_other_things_keeps_them() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.empty()) {
      database.execute("CREATE TABLE theirs (id int)");
      database.execute("INSERT INTO theirs VALUES (1)");
      database.migrate();
      assertThat(database.rows("SELECT * FROM theirs")).hasSize(1);
      assertThat(database.rows("SELECT * FROM devices")).isEmpty();
    }
  }

  @Test
  void the_owner_of_a_database_needs_no_superuser() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.empty()) {
      String owner = "owner_" + System.nanoTime();
      database.execute("CREATE ROLE " + owner + " LOGIN CREATEROLE PASSWORD 'pw'");
      database.execute(
          "ALTER DATABASE " + database.connection().getCatalog() + " OWNER TO " + owner);
      letGrantGroups(database, owner);
      String url = database.url().replaceFirst("\\?.*", "");
      assertThat(
              org.flywaydb.core.Flyway.configure()
                  .dataSource(url, owner, "pw")
                  .locations(MigratedDatabase.LOCATION)
                  .load()
                  .migrate()
                  .migrationsExecuted)
          .isPositive();
    }
  }

  /**
   * From PostgreSQL 16 on, CREATEROLE alone does not permit to grant the groups that another
   * control plane on the server has made: see docs/control-plane.md.
   */
  private static void letGrantGroups(MigratedDatabase database, String owner) throws SQLException {
    database.execute(
        """
        DO $$
        DECLARE
          made name;
        BEGIN
          IF current_setting('server_version_num')::int < 160000 THEN
            RETURN;
          END IF;
          FOR made IN
            SELECT rolname FROM pg_roles
            WHERE rolname IN ('backup_admin', 'backup_client', 'backup_viewer', 'backup_shared_client')
          LOOP
            EXECUTE format('GRANT %%I TO %1$s WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', made);
          END LOOP;
        END
        $$
        """
            .formatted(owner));
  }

  @Test
  void a_role_that_exists_keeps_its_login() throws SQLException {
    try (MigratedDatabase database = MigratedDatabase.create()) {
      database.execute("ALTER ROLE backup_viewer LOGIN");
      try (MigratedDatabase second = MigratedDatabase.create()) {
        assertThat(second.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backup_viewer'"))
            .isEqualTo(true);
      } finally {
        database.execute("ALTER ROLE backup_viewer NOLOGIN");
      }
    }
  }
}
