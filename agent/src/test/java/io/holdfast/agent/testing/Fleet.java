package io.holdfast.agent.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Program.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A control plane on a server of its own, a repository, and machines that joined it by token; each
 * of which may be lost, and put up again from nothing.
 */
public final class Fleet implements AutoCloseable {

  public static final String REPOSITORY_PASSWORD = Site.REPOSITORY_PASSWORD;
  private static final String ADMIN = "alice";
  private static final String ADMIN_PASSWORD = "alice-pass-1618-thud";

  private final Path directory;
  private final Path restic;
  private BreakableServer server;
  private int servers = 1;
  private String recipient = "";
  private final List<Process> daemons = new ArrayList<>();

  public Fleet(Path directory, Path restic) throws IOException {
    this.directory = directory;
    this.restic = restic;
    server = BreakableServer.startIn(directory.resolve("server-1"));
    EmptyRepository.make(repository(), REPOSITORY_PASSWORD);
    secret("repository-password", REPOSITORY_PASSWORD);
    secret("alice-password", ADMIN_PASSWORD);
  }

  private Path secret(String name, String value) throws IOException {
    Path file = Files.writeString(directory.resolve(name), value + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** The control plane, made if the database is empty; a superuser's view of it. */
  public ControlPlane migrated() {
    return server.controlPlaneThere();
  }

  /** The server and all that it held is gone; an empty one answers in its place. */
  public void loseDatabase() throws IOException {
    server.kill();
    servers++;
    server = BreakableServer.inPlaceOf(server, directory.resolve("server-" + servers));
    server.createDatabase();
  }

  public void createDatabase() {
    server.createDatabase();
  }

  /** Runs a statement on the server before there is a control plane. */
  public void onServer(String sql) {
    server.execute(sql);
  }

  /** The login of an admin, which no dump brings back. */
  public void admin() {
    server.execute(
        "CREATE ROLE " + ADMIN + " LOGIN PASSWORD '" + ADMIN_PASSWORD + "' IN ROLE backup_admin");
  }

  public Path repository() {
    return directory.resolve("repository");
  }

  /** The private half of the key that dumps are encrypted for; kept apart from every machine. */
  private Path recoveryKey() {
    return directory.resolve("in the safe/recovery-key");
  }

  /** A dump in the hands of whoever has opened the safe. */
  public void decrypt(Path dump, Path to) {
    Result result =
        holdfast(
            "decrypt",
            "--identity",
            recoveryKey().toString(),
            dump.toString(),
            "--to",
            to.toString());
    assertThat(result.exitCode()).as(result.all()).isZero();
  }

  /** The public half, of a pair that is made when it is first asked for. */
  private String recipient() throws IOException {
    if (!Files.exists(recoveryKey())) {
      Files.createDirectories(directory.resolve("in the safe"));
      Result made = holdfast("recovery-key", "--to", recoveryKey().toString());
      assertThat(made.exitCode()).as(made.all()).isZero();
      recipient = made.out().strip();
    }
    return recipient;
  }

  public Path repositoryPasswordFile() {
    return directory.resolve("repository-password");
  }

  /** The JDBC URL by which agents and admins connect. */
  public String databaseUrl() {
    return server.agentUrl();
  }

  /** One of PostgreSQL's own programs, as the superuser; it must succeed. */
  public String postgres(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    Map<String, String> environment = new HashMap<>(server.superuser());
    Result result = Program.run(environment, command);
    assertThat(result.exitCode()).as(command + ": " + result.all()).isZero();
    return result.out();
  }

  /** restic in the hands of somebody who knows the repository's place and password, and no more. */
  public String restic(String... arguments) {
    List<String> command = new ArrayList<>(List.of(restic.toString()));
    command.addAll(List.of(arguments));
    Result result =
        Program.run(
            Map.of(
                "RESTIC_REPOSITORY", repository().toString(),
                "RESTIC_PASSWORD_FILE", repositoryPasswordFile().toString(),
                "RESTIC_CACHE_DIR", directory.resolve("admin-cache").toString()),
            command);
    assertThat(result.exitCode()).as(command + ": " + result.all()).isZero();
    return result.out();
  }

  /** {@code holdfast recover}, which must go well, with nothing but the repository's password. */
  public String recover(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "recover",
                "--repository",
                repository().toString(),
                "--password-file",
                repositoryPasswordFile().toString(),
                "--restic",
                restic.toString()));
    arguments.addAll(List.of(more));
    Result result = holdfast(arguments.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result.out();
  }

  /** {@code holdfast} as the admin runs it, on a machine without a configuration file. */
  public Result holdfast(String... arguments) {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(List.of(arguments));
    return Program.run(
        Map.of(
            "HOLDFAST_CONFIG", directory.resolve("none.yaml").toString(),
            "HOME", directory.toString()),
        command);
  }

  public Result rebuild(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "rebuild",
                "--repository",
                repository().toString(),
                "--password-file",
                repositoryPasswordFile().toString(),
                "--restic",
                restic.toString(),
                "--database-url",
                databaseUrl(),
                "--database-user",
                ADMIN,
                "--database-password-file",
                directory.resolve("alice-password").toString()));
    arguments.addAll(List.of(more));
    return holdfast(arguments.toArray(String[]::new));
  }

  /** A machine; what it is called is where its files lie. */
  public final class Machine {
    private final String id;

    private Machine(String id) {
      this.id = id;
    }

    public Path home() {
      return directory.resolve(id);
    }

    public Path config() {
      return home().resolve("holdfast.yaml");
    }

    public Path state() {
      return home().resolve("state");
    }

    public Result holdfast(String... arguments) {
      List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
      command.addAll(List.of(arguments));
      return Program.run(environment(), command);
    }

    private Map<String, String> environment() {
      return Map.of("HOLDFAST_CONFIG", config().toString(), "HOME", home().toString());
    }

    /** With a new token of the admin, for the first time or again. */
    public void enrol(String name) throws IOException {
      Files.createDirectories(home());
      Result token =
          Fleet.this.holdfast(
              "enrol-token",
              "--device",
              id,
              "--name",
              name,
              "--database-url",
              databaseUrl(),
              "--database-user",
              ADMIN,
              "--password-file",
              directory.resolve("alice-password").toString());
      assertThat(token.exitCode()).as(token.all()).isZero();
      List<String> register = new ArrayList<>(List.of("register", "--token", token.out().strip()));
      if (!Files.exists(config())) {
        register.addAll(
            List.of("--state-directory", state().toString(), "--restic", restic.toString()));
        register.addAll(List.of("--name", name));
      }
      Result registered = holdfast(register.toArray(String[]::new));
      assertThat(registered.exitCode()).as(registered.all()).isZero();
    }

    /** Says how this machine dumps the control plane. */
    public void dumpsControlPlane(String login, String password) throws IOException {
      Path file = secret(login + "-password", password);
      Files.writeString(
          config(),
          """
          control_plane_dump:
            url: %s
            user: %s
            password_file: %s
            recipients: %s
          """
              .formatted(databaseUrl(), login, file, recipient()),
          java.nio.file.StandardOpenOption.APPEND);
    }

    public Process daemon() throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder(Program.HOLDFAST, "daemon", "--verbose")
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(home().resolve("daemon.log").toFile()));
      builder.environment().putAll(environment());
      Process daemon = builder.start();
      daemons.add(daemon);
      return daemon;
    }

    /** Its disk is gone. */
    public void lose() {
      Program.mustRun(List.of("rm", "-rf", home().toString()));
    }
  }

  public Machine machine(String id) {
    return new Machine(id);
  }

  @Override
  public void close() {
    for (Process daemon : daemons) {
      if (daemon.isAlive()) {
        Site.stop(daemon);
      }
    }
    server.close();
  }
}
