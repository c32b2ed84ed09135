package io.holdfast.agent.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.architecture.Page.Block;
import io.holdfast.agent.architecture.Page.Line;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.embedded.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every complete SQL statement of the documentation runs on a migrated control plane, as an admin
 * of the fleet unless it is the owner's. Each block is a transaction, which is rolled back.
 */
class DocsIT {

  private static final Pattern END = Pattern.compile(";[ \t]*(--.*)?$", Pattern.MULTILINE);
  private static final Pattern BODY = Pattern.compile("\\$\\$.*?\\$\\$", Pattern.DOTALL);
  private static final Pattern COMMENT = Pattern.compile("(?:^|\\s)-- .*$", Pattern.MULTILINE);
  private static final Pattern STATEMENT =
      Pattern.compile("(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|GRANT|DROP|TABLE) .*");

  /** A statement of which the page shows a part only. A string of three dots is a value. */
  private static final Pattern ABRIDGED = Pattern.compile("(?<!')\\.\\.\\.(?!')");

  /** What a page may say around statements that belong together; all of a block do here. */
  private static final Pattern TRANSACTION = Pattern.compile("BEGIN|COMMIT");

  /** A job that is picked by its name, and what says on which machine. */
  private static final Pattern BY_NAME = Pattern.compile("(WHERE|AND) (\\w+\\.)?(job_)?name = '");

  private static final Pattern NAMES_THE_MACHINE =
      Pattern.compile("device_id = '|-- on every machine");

  private static final Pattern SHELL_VARIABLE = Pattern.compile("\\$(\\w+)");

  /** By these the owner of the database makes logins and removes what is left of others. */
  private static final Pattern OWNERS =
      Pattern.compile(
          "(CREATE ROLE|ALTER ROLE|DROP SCHEMA|REVOKE EXECUTE|DO|SELECT holdfast\\.(recreate_logins|bind_login)).*",
          Pattern.DOTALL);

  /**
   * What the pages speak of: machines, jobs on a machine of their own, one of them running, a copy
   * target, and what a migrated seed leaves behind.
   */
  private static final List<String> FLEET =
      List.of(
          "INSERT INTO devices (id, name, platform) SELECT id, id, 'linux'"
              + " FROM unnest(ARRAY['web-01', 'web-02', 'nas', 'db-01', 'old-01', 'any']) id",
          "INSERT INTO backup_jobs (device_id, name, source_paths)"
              + " VALUES ('any', 'www', '{/srv/www}'), ('old-01', 'www', '{/srv/www}')",
          "INSERT INTO backup_jobs (device_id, name, source_paths)"
              + " VALUES ('db-01', 'ledger', '{/srv/ledger}')",
          "INSERT INTO runs (job_id, device_id, start_time, status)"
              + " SELECT id, device_id, now(), 'running' FROM backup_jobs WHERE name = 'www'",
          "CREATE SCHEMA seed",
          "INSERT INTO copy_targets (name, repository_url, repository_password)"
              + " VALUES ('attic', '/srv/attic', 'attic')",
          // A machine that has been there for long: it can be deleted as the page says.
          "INSERT INTO missed_runs (id, device_id, job_name, due_at, last_due_at, reason, message)"
              + " VALUES (gen_random_uuid(), 'old-01', 'www', now(), now(), 'away', 'away')",
          "INSERT INTO verifications (id, job_name, device_id, triggered_by, start_time, end_time,"
              + " outcome, code) VALUES (gen_random_uuid(), 'www', 'old-01', 'manual', now(), now(),"
              + " 'success', 'ok')",
          "INSERT INTO restores (id, device_id, target, start_time, status)"
              + " VALUES (gen_random_uuid(), 'old-01', '/srv/back', now(), 'running')",
          "INSERT INTO housekeeping_runs (run_uuid, kind, repository_id, device_id, triggered_by,"
              + " lease_token, start_time, status) VALUES (gen_random_uuid(), 'prune', 'repository',"
              + " 'old-01', 'manual', 1, now(), 'running')");

  /** On the machine that most pages speak of; not where a page makes it itself. */
  private static final String WWW =
      "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES ('web-01', 'www', '{/srv/www}')";

  private static final String MADE_BY_THE_PAGE = "('web-01', 'www', ARRAY";

  @Test
  void every_statement_of_the_documentation_runs() throws SQLException {
    List<String> failures = new ArrayList<>();
    int statements = 0;
    try (Connection connection = DriverManager.getConnection(ControlPlane.fresh().url())) {
      connection.setAutoCommit(false);
      for (Page page : Page.all()) {
        for (Line sql : sql(page)) {
          try {
            statements += run(connection, sql.text());
          } catch (SQLException e) {
            failures.add(page.at(sql.number()) + ": " + e.getMessage() + "\n" + sql.text());
          } finally {
            connection.rollback();
          }
        }
      }
    }
    assertThat(failures).isEmpty();
    assertThat(statements).as("statements that were found").isGreaterThan(60);
  }

  /** Job names are unique on one machine only: such a statement would meet all that have one. */
  @Test
  void no_statement_picks_a_job_by_its_name_alone() {
    List<String> careless = new ArrayList<>();
    for (Page page : Page.all()) {
      for (Line sql : sql(page)) {
        split(sql.text() + "\n")
            .filter(text -> text.contains("backup_jobs") || text.contains("job_name"))
            .filter(text -> BY_NAME.matcher(text).find())
            .filter(text -> !NAMES_THE_MACHINE.matcher(sql.text()).find())
            .forEach(text -> careless.add(page.at(sql.number()) + ": " + text.strip()));
      }
    }
    assertThat(careless).isEmpty();
  }

  /** Texts of one statement or several. */
  private static List<Line> sql(Page page) {
    List<Line> sql = new ArrayList<>();
    page.blocks("sql").forEach(block -> sql.add(new Line(block.number(), block.text())));
    page.paragraphs().forEach(paragraph -> inProse(paragraph).ifPresent(sql::add));
    for (Block block : page.blocks("sh")) {
      given(ShellBlock.of(block.text())).forEach(text -> sql.add(new Line(block.number(), text)));
    }
    return sql;
  }

  /** The complete statements between backticks of a paragraph, which may need each other. */
  private static Optional<Line> inProse(List<Line> paragraph) {
    List<Line> statements =
        Page.spans(paragraph).stream()
            .filter(span -> STATEMENT.matcher(span.text()).matches())
            .filter(Predicate.not(span -> ABRIDGED.matcher(span.text()).find()))
            .toList();
    return statements.stream()
        .findFirst()
        .map(first ->
            new Line(
                first.number(),
                statements.stream()
                    .map(span -> span.text().replaceFirst(";?$", ";\n"))
                    .collect(Collectors.joining())));
  }

  /** What psql is given: by -c, all of one command in a transaction, or to read. */
  private static Stream<String> given(ShellBlock block) {
    Stream<String> arguments =
        block.argumentsOf("psql").stream().map(DocsIT::commands).filter(text -> !text.isEmpty());
    return Stream.concat(arguments, block.inputs().stream());
  }

  private static String commands(List<String> arguments) {
    StringBuilder sql = new StringBuilder();
    for (int i = 1; i < arguments.size(); i++) {
      if (arguments.get(i - 1).equals("-c")) {
        sql.append(SHELL_VARIABLE.matcher(arguments.get(i)).replaceAll("docs_$1")).append(";\n");
      }
    }
    return sql.toString();
  }

  private static int run(Connection connection, String sql) throws SQLException {
    List<String> statements =
        split(sql)
            .map(text -> COMMENT.matcher(text).replaceAll("").strip())
            .filter(Predicate.not(String::isEmpty))
            .filter(text -> !TRANSACTION.matcher(text).matches())
            .toList();
    try (Statement statement = connection.createStatement()) {
      for (String row : FLEET) {
        statement.execute(row);
      }
      if (!sql.contains(MADE_BY_THE_PAGE)) {
        statement.execute(WWW);
      }
      for (String text : statements) {
        statement.execute(OWNERS.matcher(text).matches() ? "RESET ROLE" : "SET ROLE backup_admin");
        statement.execute(text.replace(TestPostgres.OWNER, "docs_owner"));
      }
    }
    return statements.size();
  }

  /** Where statements end, but not those within a body of PL/pgSQL. */
  private static Stream<String> split(String sql) {
    List<String> bodies = BODY.matcher(sql).results().map(MatchResult::group).toList();
    Iterator<String> inOrder = bodies.iterator();
    return END.splitAsStream(BODY.matcher(sql).replaceAll("\\$\\$"))
        .map(text -> text.contains("$$") ? text.replace("$$", inOrder.next()) : text);
  }
}
