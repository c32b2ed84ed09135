package io.holdfast.agent.cli;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.EnrolmentToken;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.testing.EmptyRepository;
import io.holdfast.agent.testing.FalseServer;
import io.holdfast.agent.testing.HostNames;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * Somebody on the way has put a server of his own in the place of the control plane, without TLS,
 * which asks for passwords. No command gives it one: each command of the program is tried.
 */
class FalseServerIT {

  private static final String HOST = "db.holdfast.test";
  private static final String PASSWORD = "one-time-4711";

  @TempDir private Path directory;

  private String variable = "";

  @BeforeEach
  void prepare() throws IOException {
    variable = HostNames.of(directory, HOST);
    EmptyRepository.make(directory.resolve("repository"), PASSWORD);
    Files.writeString(secretFile(), PASSWORD + "\n");
    Files.setPosixFilePermissions(secretFile(), PosixFilePermissions.fromString("rw-------"));
  }

  private Path secretFile() {
    return directory.resolve("password");
  }

  /** With the patience that a busy machine may need. */
  private static String url(FalseServer server, String parameters) {
    return "jdbc:postgresql://"
        + HOST
        + ":"
        + server.port()
        + "/holdfast?user=somebody&connectTimeout=120&sslResponseTimeout=120000"
        + parameters;
  }

  private Path config(FalseServer server, String parameters) throws IOException {
    return Files.writeString(
        directory.resolve("holdfast.yaml"),
        """
        device:
          id: web-01
        database:
          url: "%s"
          password_file: %s
        restic:
          path: %s
          releases: http://127.0.0.1:%s/
        state_directory: %s
        """
            .formatted(
                url(server, parameters),
                secretFile(),
                ResticBinaries.current(),
                server.port(),
                directory.resolve("state")));
  }

  /** The arguments of each command that asks the control plane. */
  private Map<String, List<List<String>>> asking(FalseServer server, String parameters) {
    String database = "--database-url=" + url(server, parameters);
    String token =
        new EnrolmentToken(url(server, parameters), "web-01", new Secret(PASSWORD), "web-01")
            .text();
    Map<String, List<List<String>>> asking = new LinkedHashMap<>();
    for (String alone :
        List.of(
            "sync", "status", "problems", "jobs", "runs", "doctor", "snapshots", "restic env")) {
      asking.put(alone, List.of(List.of()));
    }
    for (String job : List.of("backup", "prove", "forget", "ls", "find")) {
      asking.put(job, List.of(List.of("job")));
    }
    asking.put("restic exec", List.of(List.of("snapshots")));
    asking.put("daemon", List.of(List.of()));
    asking.put("housekeep", List.of(List.of("check")));
    asking.put("diff", List.of(List.of("a", "b")));
    asking.put("restore", List.of(List.of("job", "--to", directory.resolve("to").toString())));
    asking.put("rotate-credential", List.of(List.of()));
    asking.put("rotate-repository-password", List.of(List.of(), List.of(database)));
    asking.put("migrate", List.of(List.of(), List.of(database), List.of(database, "--status")));
    asking.put(
        "register",
        List.of(
            List.of(),
            List.of("--token", token, "--config", directory.resolve("new.yaml").toString()),
            List.of(database, "--config", directory.resolve("other.yaml").toString())));
    asking.put(
        "enrol-token",
        List.of(List.of("--device", "web-02"), List.of("--device", "web-02", database)));
    asking.put(
        "rebuild",
        List.of(
            List.of(
                "--repository=" + directory.resolve("repository"),
                "--password-file=" + secretFile(),
                "--restic=" + ResticBinaries.current(),
                database)));
    return asking;
  }

  /** The arguments of each of the others. */
  private Map<String, List<String>> silent() {
    Map<String, List<String>> silent = new LinkedHashMap<>();
    silent.put("cancel", List.of("job"));
    silent.put(
        "recover",
        List.of(
            "--repository=" + directory.resolve("repository"),
            "--password-file=" + secretFile(),
            "--restic=" + ResticBinaries.current()));
    silent.put("recovery-key", List.of("--to=" + directory.resolve("recovery.key")));
    silent.put(
        "decrypt",
        List.of(
            "--identity=" + secretFile(),
            "--to=" + directory.resolve("dump"),
            secretFile().toString()));
    silent.put("secret new-key", List.of());
    silent.put("secret encrypt", List.of("repository_password"));
    silent.put("secret re-encrypt", List.of("repository_password"));
    silent.put("restic show", List.of());
    silent.put("version", List.of());
    silent.put("generate-completion", List.of());
    silent.put("help", List.of());
    return silent;
  }

  /** It fetches from the net, and reads nothing of the database's but the file that all read. */
  private static final Set<String> LEFT_OUT = Set.of("restic install");

  @Test
  void every_command_of_the_program_is_tried() throws Exception {
    try (FalseServer server = new FalseServer()) {
      Set<String> tried = new TreeSet<>(asking(server, "").keySet());
      tried.addAll(silent().keySet());
      tried.addAll(LEFT_OUT);
      assertThat(leaves(Commands.all(), "")).isEqualTo(tried);
    }
  }

  private static Set<String> leaves(CommandLine command, String name) {
    Set<String> leaves = new TreeSet<>();
    command
        .getSubcommands()
        .forEach((word, below) -> leaves.addAll(leaves(below, (name + " " + word).strip())));
    if (leaves.isEmpty()) {
      leaves.add(name);
    }
    return leaves;
  }

  @Test
  void nobody_who_has_not_proved_his_name_learns_who_we_are() throws Exception {
    try (FalseServer server = new FalseServer()) {
      for (Asked asked : askAll(server, "")) {
        assertThat(asked.said())
            .as("%s", asked.arguments())
            .contains("has not proved to be the right server: The server does not support SSL")
            .doesNotContain("\tat ");
      }
      assertThat(server.logins()).isZero();
      assertThat(server.passwords()).isEmpty();
    }
  }

  @Test
  void a_weaker_url_is_warned_about_and_still_shows_no_password() throws Exception {
    try (FalseServer server = new FalseServer()) {
      for (Asked asked : askAll(server, "&sslmode=prefer")) {
        assertThat(asked.said())
            .as("%s", asked.arguments())
            .contains(
                "has not proved to be the right server: Authentication method is not allowed");
      }
      assertThat(server.logins()).isPositive();
      assertThat(server.passwords()).isEmpty();
      assertThat(holdfast(config(server, "&sslmode=prefer"), List.of("sync")).err())
          .contains("with sslmode=prefer it may go without TLS");
      assertThat(
              holdfast(
                      directory.resolve("none.yaml"),
                      List.of("migrate", "--database-url=" + url(server, "&sslmode=prefer")))
                  .err())
          .contains("with sslmode=prefer it may go without TLS");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "allow", "require", "verify-ca"})
  void no_mode_shows_a_password(String mode) throws Exception {
    try (FalseServer server = new FalseServer()) {
      Path config = config(server, "&sslmode=" + mode);
      for (int i = 0; i < 2; i++) {
        assertThat(holdfast(config, List.of("jobs")).exitCode()).isEqualTo(6);
      }
      assertThat(server.connections()).isGreaterThanOrEqualTo(2);
      assertThat(server.passwords()).isEmpty();
    }
  }

  private record Asked(List<String> arguments, String said) {}

  /** What each says to whoever calls it. */
  private List<Asked> askAll(FalseServer server, String parameters) throws Exception {
    Path config = config(server, parameters);
    List<Asked> said = new ArrayList<>();
    for (var command : asking(server, parameters).entrySet()) {
      for (List<String> arguments : command.getValue()) {
        int before = server.connections();
        List<String> words = new ArrayList<>(List.of(command.getKey().split(" ", -1)));
        words.addAll(arguments);
        if (command.getKey().equals("daemon")) {
          said.add(new Asked(words, daemon(config, server)));
        } else {
          Result result = holdfast(config, words);
          assertThat(result.exitCode()).as("%s: %s", words, result.all()).isNotZero();
          said.add(new Asked(words, result.all()));
        }
        assertThat(server.connections()).as("%s has asked", words).isGreaterThan(before);
      }
    }
    int before = server.connections();
    silent()
        .forEach((command, arguments) -> {
          List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
          words.addAll(arguments);
          holdfast(config, words);
        });
    assertThat(server.connections()).as("others do not ask").isEqualTo(before);
    return said;
  }

  private Result holdfast(Path config, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(arguments);
    return Program.run(environment(config), command);
  }

  private Map<String, String> environment(Path config) {
    return Map.of(
        "HOLDFAST_CONFIG",
        config.toString(),
        "HOME",
        directory.toString(),
        "PGPASSWORD",
        PASSWORD,
        HostNames.VARIABLE,
        variable);
  }

  private String daemon(Path config, FalseServer server) throws Exception {
    Path log = directory.resolve("daemon.log");
    int before = server.connections();
    ProcessBuilder builder =
        new ProcessBuilder(Program.HOLDFAST, "daemon")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment(config));
    Process daemon = builder.start();
    try {
      eventually()
          .until(() ->
              server.connections() > before
                  && Files.readString(log).contains("has not proved to be the right server"));
      return Files.readString(log);
    } finally {
      Site.stop(daemon);
    }
  }
}
