package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import io.holdfast.embedded.FreePort;
import io.holdfast.embedded.PostgresPrograms;
import io.holdfast.embedded.PostgresServer;
import io.holdfast.embedded.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of the test's own, which it may stop, kill, freeze and break in every other
 * way, always on the same port and the same data.
 */
public final class BreakableServer implements AutoCloseable {

  private static final String DATABASE = "holdfast";
  private static final String SUPERUSER = "?user=postgres&connectTimeout=5&socketTimeout=30";

  private static final int USUAL_PORT = 5432;

  /** Of pg_hba.conf, at its beginning. */
  private static final int SUPERUSERS_LINES = 2;

  /** How a server is reached: by the agent, and by an admin whom no cut concerns. */
  record Place(List<String> runIn, String agentHost, String adminHost, String network) {
    static final Place LOOPBACK = new Place(List.of(), "127.0.0.1", "127.0.0.1", "127.0.0.1/32");
  }

  private final Path directory;
  private final Place place;
  private final int port;
  private Path data;
  private Optional<Process> postmaster = Optional.empty();

  private BreakableServer(Path directory, Place place) {
    this(directory, place, FreePort.find());
  }

  private BreakableServer(Path directory, Place place, int port) {
    this.directory = directory;
    this.place = place;
    this.port = port;
    data = directory.resolve("data");
  }

  /** A new server on the loopback interface, its files in this directory. */
  public static BreakableServer startIn(Path directory) throws IOException {
    return startIn(directory, Place.LOOPBACK);
  }

  /** The same, and agents reach it by this name, which is none of this machine for them. */
  public static BreakableServer startNamed(Path directory, String host) throws IOException {
    return startIn(directory, new Place(List.of(), host, "127.0.0.1", "127.0.0.1/32"));
  }

  /** The same with its write-ahead log on this disk. */
  public static BreakableServer startWithLogOn(SmallDisk disk, Path directory) throws IOException {
    PostgresPrograms.unpacked().give(disk.directory());
    return startIn(directory, Place.LOOPBACK, "--waldir=" + disk.directory());
  }

  /** A new server behind a network that can be cut. */
  public static BreakableServer startIn(Path directory, CuttableNetwork network)
      throws IOException {
    return startIn(directory, network.place());
  }

  /** A new server on the usual port of another machine, of which it takes up the network. */
  public static BreakableServer startOn(OtherMachine machine, Path directory) throws IOException {
    return new BreakableServer(directory, machine.place(), USUAL_PORT).initialised();
  }

  private static BreakableServer startIn(Path directory, Place place, String... initdb)
      throws IOException {
    return new BreakableServer(directory, place).initialised(initdb);
  }

  /** A new and empty server, which answers where one did that is lost. */
  public static BreakableServer inPlaceOf(BreakableServer lost, Path directory) throws IOException {
    return new BreakableServer(directory, lost.place, lost.port).initialised();
  }

  private BreakableServer initialised(String... initdb) throws IOException {
    Files.createDirectories(directory);
    List<String> options = new ArrayList<>(List.of(initdb));
    options.add("--wal-segsize=1");
    data = PostgresPrograms.unpacked().makeCluster(data, options.toArray(String[]::new));
    configure();
    start();
    return this;
  }

  private void configure() throws IOException {
    Files.write(
        data.resolve("pg_hba.conf"),
        List.of(
            "host all postgres " + place.network() + " trust",
            "host replication postgres " + place.network() + " trust",
            "host all all " + place.network() + " scram-sha-256"));
    append("listen_addresses = '*'");
    append("port = " + port);
    append("unix_socket_directories = ''");
    append("fsync = off");
    append("wal_keep_size = '64MB'");
    append("timezone = '" + PostgresServer.TIME_ZONE + "'");
    append("log_timezone = '" + PostgresServer.TIME_ZONE + "'");
  }

  private void append(String line) throws IOException {
    Files.writeString(data.resolve("postgresql.conf"), line + "\n", StandardOpenOption.APPEND);
  }

  /**
   * From now on it speaks TLS, with this certificate, and takes logins by certificates of this
   * authority.
   */
  public void speakTls(Authority.Certified certified, Path root) throws IOException {
    stop();
    install(certified.certificate(), "server.crt");
    install(certified.key(), "server.key");
    install(root, "root.crt");
    append("ssl = on");
    append("ssl_ca_file = 'root.crt'");
    start();
  }

  private void install(Path file, String name) throws IOException {
    Path place = Files.copy(file, data.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rw-------"));
    PostgresPrograms.unpacked().give(place);
  }

  /** This line of pg_hba.conf comes before all others from now on, but for the superuser's own. */
  public void admit(String line) throws IOException {
    Path file = data.resolve("pg_hba.conf");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.add(SUPERUSERS_LINES, line);
    Files.write(file, lines);
    execute("SELECT pg_reload_conf()");
    eventually()
        .until(() ->
            shows(
                "SELECT min(line_number) = 1 AND count(error) = 0 AND count(*) = "
                    + lines.size()
                    + " FROM pg_hba_file_rules",
                "t"));
  }

  /** What the server has logged. */
  public String log() throws IOException {
    return Files.readString(logFile());
  }

  private Path logFile() {
    return directory.resolve("server.log");
  }

  /** Starts it, again perhaps, and waits until it answers. */
  public void start() throws IOException {
    launch();
    eventually()
        .ignoreExceptions()
        .until(() -> {
          execute("SELECT 1");
          return true;
        });
  }

  /** Starts it and does not wait: it may have reasons not to come up. */
  public void launch() throws IOException {
    List<String> command = new ArrayList<>(place.runIn());
    command.addAll(PostgresPrograms.unpacked().command("postgres", "-D", data.toString()));
    postmaster =
        Optional.of(
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
                .start());
  }

  /** Ends it in good order; clients are thrown out ("fast"). */
  public void stop() {
    end("-INT");
  }

  /** Ends it at once, as if the machine lost power ("immediate"). */
  public void stopImmediately() {
    end("-QUIT");
  }

  /** Kills every process of it, so that nobody is told anything. */
  public void kill() {
    end("-KILL");
  }

  private void end(String signal) {
    Process process = postmaster.orElseThrow();
    if (signal.equals("-KILL")) {
      signal(signal, withChildren());
    } else {
      signal(signal, Stream.of(process.toHandle()));
    }
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new AssertionError("PostgreSQL did not end");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    postmaster = Optional.empty();
  }

  /** Connections stay, and new ones are accepted by the kernel, but nothing answers any more. */
  public void freeze() {
    signal("-STOP", withChildren());
  }

  /** Ends {@link #freeze()}. */
  public void thaw() {
    signal("-CONT", withChildren());
  }

  private Stream<ProcessHandle> withChildren() {
    ProcessHandle parent = postmaster.orElseThrow().toHandle();
    return Stream.concat(Stream.of(parent), parent.descendants());
  }

  private static void signal(String signal, Stream<ProcessHandle> processes) {
    List<String> command = new ArrayList<>(List.of("kill", signal));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    // A backend may have ended by itself meanwhile, which kill reports.
    Program.run(Map.of(), command);
  }

  /** Writes until the server crashes, as it does when its write-ahead log finds no room. */
  public void crashByWriting() {
    eventually()
        .until(() -> {
          try {
            execute("SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 1000000))");
            return false;
          } catch (IllegalStateException e) {
            return log().contains("PANIC");
          }
        });
  }

  /** Whether every transaction is read-only unless it asks not to be, as after an admin's word. */
  public void readOnly(boolean on) {
    execute("ALTER SYSTEM SET default_transaction_read_only = " + on);
    execute("SELECT pg_reload_conf()");
    eventually().until(() -> shows("SHOW default_transaction_read_only", on ? "on" : "off"));
  }

  /**
   * A hot standby of this one, streaming asynchronously. Restarts this server: a copy of the files
   * at rest is the plainest base backup.
   */
  public BreakableServer standbyIn(Path standbyDirectory) throws IOException {
    BreakableServer standby = new BreakableServer(standbyDirectory, place);
    Files.createDirectories(standbyDirectory);
    standby.data = PostgresPrograms.unpacked().makeDirectory(standby.data);
    stop();
    Program.mustRun(List.of("cp", "-a", data + "/.", standby.data.toString()));
    start();
    standby.append("port = " + standby.port);
    standby.append(
        "primary_conninfo = 'host=%s port=%s user=postgres'".formatted(place.adminHost(), port));
    Files.createFile(standby.data.resolve("standby.signal"));
    standby.start();
    eventually().until(standby::streams);
    return standby;
  }

  private boolean streams() {
    return shows("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'", "1");
  }

  /** Waits until a standby has all that this one has committed. */
  public void awaitCaughtUp(BreakableServer standby) {
    String here = show("SELECT pg_current_wal_lsn()");
    eventually()
        .until(
            () -> standby.shows("SELECT pg_last_wal_replay_lsn() >= '" + here + "'::pg_lsn", "t"));
  }

  /** From now on this standby hears nothing of its primary any more. */
  public void stopReplication() {
    execute("ALTER SYSTEM SET primary_conninfo = ''");
    execute("SELECT pg_reload_conf()");
    eventually().until(() -> shows("SELECT count(*) FROM pg_stat_wal_receiver", "0"));
  }

  /** Makes this standby a primary. */
  public void promote() {
    if (!shows("SELECT pg_promote(true, 60)", "t")) {
      throw new AssertionError("the standby was not promoted");
    }
  }

  /** A migrated control plane in a database on this server. */
  public ControlPlane controlPlane() {
    return controlPlane("");
  }

  /** The same in a database whose tables lie in this tablespace. */
  public ControlPlane controlPlane(SmallDisk tablespace) {
    try {
      PostgresPrograms.unpacked().give(tablespace.directory());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    execute("CREATE TABLESPACE small LOCATION '" + tablespace.directory() + "'");
    return controlPlane(" TABLESPACE small");
  }

  private ControlPlane controlPlane(String options) {
    createDatabase(options);
    return controlPlaneThere();
  }

  /** The control plane in the database that is there; made if it is empty. */
  ControlPlane controlPlaneThere() {
    return ControlPlane.at(DATABASE, adminUrl(), agentUrl());
  }

  /** What this standby knows of the control plane. */
  public ControlPlane controlPlaneOnStandby() {
    return controlPlaneOfOthers();
  }

  /** The control plane in the database that somebody has made and migrated. */
  public ControlPlane controlPlaneOfOthers() {
    return ControlPlane.existing(DATABASE, adminUrl(), agentUrl());
  }

  private String adminUrl() {
    return "jdbc:postgresql://" + place.adminHost() + ":" + port + "/" + DATABASE + SUPERUSER;
  }

  String agentUrl() {
    return "jdbc:postgresql://" + place.agentHost() + ":" + port + "/" + DATABASE;
  }

  /** The variables by which PostgreSQL's own programs reach the database as the superuser. */
  public Map<String, String> superuser() {
    return Map.of(
        "PGHOST",
        place.adminHost(),
        "PGPORT",
        String.valueOf(port),
        "PGUSER",
        "postgres",
        "PGDATABASE",
        DATABASE);
  }

  /** An empty database, for a control plane. */
  void createDatabase() {
    createDatabase("");
  }

  private void createDatabase(String options) {
    execute(TestPostgres.CREATE_OWNER);
    execute(
        "CREATE DATABASE "
            + DATABASE
            + " OWNER "
            + TestPostgres.OWNER
            + " TEMPLATE template0 ENCODING 'UTF8'"
            + options);
  }

  /** A migrated control plane on this primary and its standbys: on whichever is the primary. */
  public ControlPlane controlPlaneWith(BreakableServer... standbys) {
    createDatabase("");
    String hosts =
        Stream.concat(Stream.of(this), Stream.of(standbys))
            .map(server -> server.place.agentHost() + ":" + server.port)
            .collect(Collectors.joining(","));
    String url = "jdbc:postgresql://" + hosts + "/" + DATABASE;
    return ControlPlane.at(
        DATABASE, url + SUPERUSER + "&targetServerType=primary&hostRecheckSeconds=0", url);
  }

  private boolean shows(String query, String value) {
    return show(query).equals(value);
  }

  private String show(String query) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    } catch (SQLException e) {
      throw new IllegalStateException(query, e);
    }
  }

  /** Runs a statement as the superuser in the server's own database. */
  public void execute(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://" + place.adminHost() + ":" + port + "/postgres" + SUPERUSER);
  }

  @Override
  public void close() {
    if (postmaster.isPresent()) {
      kill();
    }
  }
}
