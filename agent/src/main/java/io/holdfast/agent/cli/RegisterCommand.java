package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.EnrolmentToken;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.config.NewConfigFile;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.Enrolment;
import io.holdfast.agent.daemon.Machine;
import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.text.Visible;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast register} */
@Command(
    name = "register",
    description = {
      "Writes the configuration file if there is none, and registers this machine in the control plane.",
      "With a token of 'holdfast enrol-token' it needs no more than that, and chooses a password of its own.",
      "The file binds the machine to the repository that it finds there: policy.repositories.",
      "Safe to repeat: an existing file stays as it is."
    },
    mixinStandardHelpOptions = true)
final class RegisterCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private DatabaseOptions database = new DatabaseOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "the device's id, which never changes (default: the host name)")
  private @Nullable String id;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "the device's name (default: the id)")
  private @Nullable String name;

  @Option(names = "--restic", paramLabel = "PATH", description = "restic (default: look in PATH)")
  private @Nullable Path restic;

  @Option(
      names = "--state-directory",
      paramLabel = "DIRECTORY",
      description = "where the agent keeps its state (default: the platform's usual place)")
  private @Nullable Path stateDirectory;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "what 'holdfast enrol-token' printed; - asks for it, or reads it from standard input")
  private @Nullable String token;

  @Option(
      names = "--any-repository",
      description =
          "leave out of the file that backups may go only to the repository that the machine is registered"
              + " with")
  private boolean anyRepository;

  private record Registered(String deviceId, String deviceName, boolean enabled, Path config) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    Path file = config.path();
    boolean written = !Files.exists(file);
    if (token != null) {
      enrol(file, new TokenOption(token).read(), written);
    } else if (written) {
      write(
          file,
          Optional.ofNullable(id).orElseGet(() -> Machine.current().hostname()),
          database.url().orElseThrow(RegisterCommand::noUrl),
          database.user(),
          database.passwordFile());
    } else if (id != null
        || name != null
        || restic != null
        || stateDirectory != null
        || anyRepository
        || database.given()) {
      spec.commandLine()
          .getErr()
          .println(file + " is there already and stays as it is: the options have no effect");
    }
    try (AgentParts parts = config.parts()) {
      ConfigRows rows = parts.configSource().sync(parts.heartbeat());
      DeviceRow device = rows.device();
      if (written && !anyRepository) {
        bind(file, parts.deviceConfig(rows).settings().repositoryUrl());
      }
      Registered registered = new Registered(device.id(), device.name(), device.enabled(), file);
      if (json.wanted()) {
        JsonOutput.print(spec.commandLine().getOut(), registered);
      } else {
        spec.commandLine()
            .getOut()
            .printf(
                "device \"%s\" (%s) is registered; its configuration is %s%n",
                Visible.of(registered.deviceName()), registered.deviceId(), file);
      }
    }
    return ExitCode.OK;
  }

  private static void bind(Path file, Optional<RepositoryUrl> repository) {
    try {
      NewConfigFile.bind(file, repository);
    } catch (IOException e) {
      throw new UncheckedIOException("the configuration file " + file + " cannot be written", e);
    }
  }

  private void enrol(Path file, EnrolmentToken given, boolean writeFile)
      throws InvalidConfig, ControlPlaneException {
    if (id != null && !id.equals(given.deviceId())) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "the token is for device \"" + given.deviceId() + "\", not for \"" + id + "\"",
          "Leave --id out, or ask for a token for this device.");
    }
    Path passwordFile =
        writeFile
            ? database.passwordFile().orElseGet(() -> file.resolveSibling("database-password"))
            : passwordFileOf(config.load(), given);
    DatabaseAddress address = withCertificates(database.of(given), file, given);
    try {
      Files.createDirectories(passwordFile.toAbsolutePath().getParent());
      Enrolment.enrol(address, given.deviceId(), passwordFile);
    } catch (IOException e) {
      throw new UncheckedIOException("the password file " + passwordFile + " cannot be written", e);
    }
    if (writeFile) {
      write(
          file,
          given.deviceId(),
          address.jdbcUrl(),
          Optional.of(given.user()),
          Optional.of(passwordFile));
    }
  }

  /** What came with the token proves the server from now on, unless another one was named. */
  private DatabaseAddress withCertificates(
      DatabaseAddress address, Path file, EnrolmentToken given) {
    if (given.certificates().isEmpty() || database.url().isPresent()) {
      return address;
    }
    Path root = file.resolveSibling("root.crt");
    try {
      Files.createDirectories(root.toAbsolutePath().getParent());
      DurableFile.write(root, given.certificates().get().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("the certificate " + root + " cannot be written", e);
    }
    return address.provedBy(root);
  }

  private static Path passwordFileOf(LocalConfig there, EnrolmentToken given) {
    boolean same =
        there.deviceId().equals(given.deviceId())
            && there.database().user().filter(given.user()::equals).isPresent();
    return there
        .database()
        .passwordFile()
        .filter(file -> same)
        .orElseThrow(() ->
            new CommandFailure(
                ExitCode.CONFIGURATION,
                there.file()
                    + " is there already, and is not that of device \""
                    + given.deviceId()
                    + "\" with its own login",
                "Move it away, or name another file with --config, and repeat."));
  }

  private void write(
      Path file,
      String deviceId,
      String databaseUrl,
      Optional<String> databaseUser,
      Optional<Path> passwordFile) {
    NewConfigFile content =
        new NewConfigFile(
            deviceId,
            Optional.ofNullable(name).orElse(deviceId),
            databaseUrl,
            databaseUser,
            passwordFile,
            Optional.ofNullable(restic).map(Path::toAbsolutePath),
            Optional.ofNullable(stateDirectory).map(Path::toAbsolutePath));
    try {
      content.write(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the configuration file " + file + " cannot be written", e);
    }
  }

  private static CommandFailure noUrl() {
    return new CommandFailure(
        ExitCode.USAGE,
        "there is no configuration file yet, and no --database-url to write into one",
        "Run 'holdfast register --token TOKEN' with what 'holdfast enrol-token' printed for an"
            + " admin, or 'holdfast register --database-url"
            + " postgresql://user@host:5432/database'.");
  }
}
