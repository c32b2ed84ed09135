package io.holdfast.agent.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.config.DatabaseAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * A whole installation in one directory: a control plane, a machine with its configuration file, a
 * repository, and the packaged program run as a child process, as a user has it.
 */
public final class Site implements AutoCloseable {

  public static final String DEVICE = "test-device";
  // Of this JVM's own: a test that looks for them in every command line of the machine does not
  // find those of tests that run at the same time.
  public static final String DATABASE_PASSWORD = "db-pass-4711-" + ProcessHandle.current().pid();
  public static final String REPOSITORY_PASSWORD =
      "repo-pass-0815-" + ProcessHandle.current().pid();

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final Path restic;
  private final ControlPlane controlPlane;
  private final String device;
  private final Path repository;
  private final List<Process> daemons = new ArrayList<>();
  private String databaseUrl = "";
  private final Map<String, String> variables = new HashMap<>();
  private String searchPath = System.getenv("PATH");

  /** A registered device whose settings name an empty repository. */
  public Site(Path directory, Path restic) throws IOException {
    this(directory, restic, ControlPlane.fresh(), "socketTimeout=30&connectTimeout=3");
  }

  /**
   * The same on a control plane of the test's own.
   *
   * @param parameters of the JDBC URL by which the agent connects
   */
  public Site(Path directory, Path restic, ControlPlane controlPlane, String parameters)
      throws IOException {
    this(directory, restic, controlPlane, parameters, DEVICE, directory.resolve("repos/repo"));
    EmptyRepository.make(repository, REPOSITORY_PASSWORD);
    controlPlane.setting("repository_url", repository.toString());
    controlPlane.setting("repository_password", REPOSITORY_PASSWORD);
    controlPlane.setting("repository_auto_init", "true");
  }

  private Site(
      Path directory,
      Path restic,
      ControlPlane controlPlane,
      String parameters,
      String device,
      Path repository)
      throws IOException {
    this.directory = directory;
    this.restic = restic;
    this.controlPlane = controlPlane;
    this.device = device;
    this.repository = repository;
    Files.createDirectories(directory.resolve("src"));
    controlPlane.execute(
        "INSERT INTO devices (id, name, platform) VALUES (?, ?, 'linux')", device, name());
    DatabaseAddress client = controlPlane.client(DATABASE_PASSWORD, device);
    databaseUrl = client.jdbcUrl() + "?user=" + client.user().orElseThrow() + "&" + parameters;
    Files.writeString(passwordFile(), DATABASE_PASSWORD + "\n");
    Files.setPosixFilePermissions(passwordFile(), PosixFilePermissions.fromString("rw-------"));
    writeConfig(restic.toString());
  }

  /** Another machine of the same fleet, which shares the repository. */
  public Site another(String otherDevice) throws IOException {
    Site other =
        new Site(
            Files.createDirectories(directory.resolve(otherDevice)),
            restic,
            controlPlane,
            "socketTimeout=30&connectTimeout=3",
            otherDevice,
            repository);
    other.searchPath = searchPath;
    return other;
  }

  /** A copy of the machine, as a cloned virtual one is: the same device, login and state. */
  public Site cloned(String copy) throws IOException {
    Site clone = new Site(Files.createDirectories(directory.resolve(copy)), this);
    Files.copy(passwordFile(), clone.passwordFile(), StandardCopyOption.COPY_ATTRIBUTES);
    if (Files.exists(state())) {
      Program.mustRun(List.of("cp", "-a", state().toString(), clone.state().toString()));
    }
    clone.writeConfig(restic.toString());
    return clone;
  }

  private Site(Path directory, Site original) {
    this.directory = directory;
    restic = original.restic;
    controlPlane = original.controlPlane;
    device = original.device;
    repository = original.repository;
    databaseUrl = original.databaseUrl;
    searchPath = original.searchPath;
  }

  /** Another installation of the program, by a configuration file that is there. */
  public Site as(Path config, Path place) {
    Site other = new Site(place, this);
    other.variable("HOLDFAST_CONFIG", config.toString());
    return other;
  }

  public String device() {
    return device;
  }

  public void writeConfig(String resticPath) throws IOException {
    Files.writeString(
        config(),
        """
        device:
          id: %s
          name: %s
        database:
          url: %s
          password_file: %s
        restic:
          path: %s
        state_directory: %s
        """
            .formatted(device, name(), databaseUrl, passwordFile(), resticPath, state()));
  }

  /** Two devices of one name are refused. */
  private String name() {
    return device.equals(DEVICE) ? "Test Device" : "Test Device " + device;
  }

  public ControlPlane controlPlane() {
    return controlPlane;
  }

  public Path directory() {
    return directory;
  }

  public Path config() {
    return directory.resolve("holdfast.yaml");
  }

  public Path passwordFile() {
    return directory.resolve("database-password");
  }

  public Path state() {
    return directory.resolve("state");
  }

  public Path repository() {
    return repository;
  }

  /** From now on there is none; it may be made on first use. */
  public void removeRepository() {
    Program.mustRun(List.of("rm", "-r", repository.toString()));
  }

  /** A directory with this many small files, to be backed up. */
  public Path source(String name, int files) throws IOException {
    Path source = Files.createDirectories(directory.resolve("src").resolve(name));
    for (int i = 0; i < files; i++) {
      Files.writeString(source.resolve("file-" + i), name + " " + i + "\n".repeat(i));
    }
    return source;
  }

  /** Runs {@code holdfast} with these arguments to its end. */
  public Program.Result holdfast(String... arguments) {
    return Program.run(environment(), command(arguments));
  }

  private List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(List.of(arguments));
    return command;
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("HOLDFAST_CONFIG", config().toString());
    environment.putAll(variables);
    environment.put("HOME", directory.toString());
    environment.put("PATH", searchPath);
    return environment;
  }

  /** What the agent has in its environment from now on. */
  public void variable(String name, String value) {
    variables.put(name, value);
  }

  /** Programs in this directory are found before the machine's own. */
  public void findFirst(Path programs) {
    searchPath = programs + ":" + System.getenv("PATH");
  }

  /** Programs are found in this directory alone. */
  public void findOnly(Path programs) {
    searchPath = programs.toString();
  }

  /** Starts a daemon whose log goes to {@link #log()}. */
  public Process daemon() throws IOException {
    return daemon(command("daemon", "--verbose"));
  }

  /** The same, and it logs as much as the setting says. */
  public Process terseDaemon() throws IOException {
    return daemon(command("daemon"));
  }

  /** Starts a command, whose output goes to {@link #log()}. */
  public Process start(String... arguments) throws IOException {
    return daemon(command(arguments));
  }

  private Process daemon(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
    builder.environment().putAll(environment());
    Process daemon = builder.start();
    daemons.add(daemon);
    return daemon;
  }

  private Path logFile() {
    return directory.resolve("daemon.log");
  }

  public String log() throws IOException {
    return Files.exists(logFile()) ? Files.readString(logFile()) : "";
  }

  /** Real restic on the site's repository, as an admin would call it. */
  public JsonNode restic(String... arguments) throws JsonProcessingException {
    List<String> command = new ArrayList<>(List.of(restic.toString(), "--json", "--no-lock"));
    command.addAll(List.of(arguments));
    Program.Result result =
        Program.run(
            Map.of(
                "RESTIC_REPOSITORY", repository().toString(),
                "RESTIC_PASSWORD", REPOSITORY_PASSWORD,
                "RESTIC_CACHE_DIR", directory.resolve("admin-cache").toString()),
            command);
    if (result.exitCode() != 0) {
      throw new AssertionError("restic " + List.of(arguments) + ": " + result.all());
    }
    return JSON.readTree(result.out());
  }

  /** Waits for a condition; long, since the machine may be busy with much else. */
  public static ConditionFactory eventually() {
    return Awaitility.await().atMost(Duration.ofMinutes(8)).pollInterval(Duration.ofMillis(200));
  }

  /** The runs of a job, the oldest first. */
  public List<Map<String, Object>> runs(String job) {
    return controlPlane.rows("SELECT * FROM runs WHERE job_name = ? ORDER BY start_time", job);
  }

  /**
   * Waits until this many runs of the job have ended and returns the last of them; for each as long
   * as for any other condition.
   */
  public Map<String, Object> awaitRuns(String job, int ended) {
    for (int i = 1; i <= ended; i++) {
      int wanted = i;
      eventually()
          .until(() ->
              runs(job).stream().filter(run -> !run.get("status").equals("running")).count()
                  >= wanted);
    }
    return runs(job).get(ended - 1);
  }

  /** Waits until a daemon would hear of a change at once. */
  public void awaitListening() {
    eventually()
        .until(() ->
            !controlPlane
                .rows(
                    "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND query ILIKE 'listen%'")
                .isEmpty());
  }

  /** What the agent keeps of the control plane's rows, the repository's password among them. */
  public Path configCache() {
    return state().resolve("config-cache.json");
  }

  /** What the agent keeps for the day on which that row is gone. */
  public Path lastPassword() {
    return state().resolve("last-password.json");
  }

  /** All other files that the agent has written, as one text. */
  public String allState() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(state())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        // Those two hold secrets, also while they are being written under another name.
        if (!file.startsWith(state().resolve("restic-cache"))
            && !file.toString().startsWith(configCache().toString())
            && !file.toString().startsWith(lastPassword().toString())) {
          all.append(
              new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1));
        }
      }
    }
    return all.toString();
  }

  /** Ends a daemon as a service manager does. */
  public static int stop(Process daemon) {
    daemon.destroy();
    try {
      if (daemon.waitFor(5, TimeUnit.MINUTES)) {
        return daemon.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    daemon.destroyForcibly();
    throw new AssertionError("the daemon did not stop");
  }

  @Override
  public void close() {
    stopDaemons();
    controlPlane.drop();
  }

  /** Ends all that were started here. */
  public void stopDaemons() {
    for (Process daemon : daemons) {
      if (daemon.isAlive()) {
        stop(daemon);
      }
    }
  }
}
