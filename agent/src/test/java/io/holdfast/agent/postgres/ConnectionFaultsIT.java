package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.DatabaseUrl;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.embedded.FreePort;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Each way in which no connection comes about has a sentence and a remedy of its own. */
class ConnectionFaultsIT {

  @TempDir private Path directory;

  private static Problem problem(DatabaseAddress address) {
    ControlPlaneException refused =
        catchThrowableOfType(
            ControlPlaneException.class,
            () -> {
              try (Database database = Database.direct(address)) {
                database.rows("SELECT 1", row -> 1);
              }
            });
    assertThat(refused).as(address.jdbcUrl()).isNotNull();
    return refused.problem();
  }

  private static Problem problem(String url) throws Exception {
    return problem(DatabaseUrl.parse(url));
  }

  @Test
  void what_the_network_and_the_server_refuse_is_told_apart() throws Exception {
    Set<String> remedies = new TreeSet<>();
    try (BreakableServer server = BreakableServer.startIn(directory)) {
      ControlPlane psql = server.controlPlane();
      psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web', 'linux')");
      DatabaseAddress login = psql.client("right", "web-01");
      String user = login.user().orElseThrow();

      told(remedies, problem(without(login)), "wants a password, and none was given", ".pgpass");
      told(remedies, problem(login.as(user, new Secret("wrong"))), "refuses user", "Correct user");
      told(
          remedies,
          problem(login.as(user, new Secret("right\u00a0"))),
          "refuses user",
          "begins or ends with blanks");
      server.admit("host all " + user + " 127.0.0.1/32 reject");
      told(
          remedies,
          problem(login),
          "does not let this login in: pg_hba.conf rejects connection",
          "Add a line to pg_hba.conf");
    }
    int free = FreePort.find();
    told(
        remedies,
        problem("postgresql://127.0.0.1:" + free + "/holdfast"),
        "cannot be reached",
        "listen_addresses = '*'");
    told(
        remedies,
        problem("postgresql://no.such.host.invalid/holdfast"),
        "the host name no.such.host.invalid is unknown",
        "as this machine knows it");
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerAsSomethingElse(other));
      told(
          remedies,
          problem("postgresql://127.0.0.1:" + other.getLocalPort() + "/holdfast?sslmode=disable"),
          "does not answer as PostgreSQL does",
          "Check the port");
    }
    assertThat(remedies).as("each has its own").hasSize(7);
  }

  private static void told(Set<String> remedies, Problem problem, String why, String remedy) {
    assertThat(problem.message()).contains(why);
    assertThat(problem.remedy())
        .contains(remedy)
        .doesNotContain("tries again", "spool", "report it as a bug");
    remedies.add(problem.remedy());
  }

  private static DatabaseAddress without(DatabaseAddress login) {
    return new DatabaseAddress(
        login.jdbcUrl(), login.user(), java.util.Optional.empty(), login.display());
  }

  private static void answerAsSomethingElse(ServerSocket server) {
    try (Socket client = server.accept()) {
      client.getOutputStream().write("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII));
      // Until it has hung up.
      client.getInputStream().readAllBytes();
    } catch (java.io.IOException e) {
      // It has, in its own way.
    }
  }

  /** What PgBouncer and PostgreSQL say in its place, by their SQLSTATE. */
  @Test
  void a_pooler_between_is_recognised_whatever_it_stumbles_over() throws Exception {
    DatabaseAddress address = DatabaseUrl.parse("postgresql://alice@localhost/holdfast");
    for (var said :
        Map.of(
                "42P05", "prepared statement \"S_1\" already exists",
                "26000", "prepared statement \"S_3\" does not exist",
                "08P01", "no such user: holdfast_9f4e")
            .entrySet()) {
      Problem problem =
          DatabaseFaults.translate(
                  new SQLException(
                      "wrapped",
                      new PSQLException(
                          new ServerErrorMessage(
                              "SERROR\0C" + said.getKey() + "\0M" + said.getValue() + "\0"))),
                  address)
              .problem();
      assertThat(problem.code()).isEqualTo("database-pooled");
      assertThat(problem.message()).contains("pooler", said.getValue());
      assertThat(problem.remedy())
          .contains("'PgBouncer' in docs/control-plane.md")
          .contains(said.getKey().equals("08P01") ? "auth_query" : "prepareThreshold=0");
    }
  }
}
