package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.EmptyRepository;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a person is asked for, and nobody who looks over the shoulder sees. */
class TerminalIT {

  private static final String PASSWORD = "admin-password-4711";

  @TempDir private Path directory;

  private Map<String, String> environment() {
    // The file of an installed agent is not meant, nor what its user has in his home.
    return Map.of(
        "HOME", directory.toString(),
        "PGPASSFILE", directory.resolve("none").toString(),
        "HOLDFAST_CONFIG", directory.resolve("holdfast.yaml").toString());
  }

  private Terminal terminal(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(arguments);
    return new Terminal(Files.createTempFile(directory, "shown", ""), environment(), command);
  }

  private Path secret(String name, String content) throws Exception {
    Path file = Files.writeString(directory.resolve(name), content + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** Each command that takes the login of an admin, by its arguments and its exit code. */
  private Map<List<String>, Integer> ofAdmins(Site site) throws Exception {
    EmptyRepository.make(directory.resolve("lost"), "lost");
    Map<List<String>, Integer> commands = new LinkedHashMap<>();
    commands.put(List.of("enrol-token", "--device=web-01"), ExitCode.OK);
    commands.put(List.of("migrate", "--status"), ExitCode.OK);
    // There is no rotation to tell of.
    commands.put(
        List.of("rotate-repository-password", "--status", "--config=" + site.config()),
        ExitCode.WRONG);
    commands.put(
        List.of(
            "rebuild",
            "--dry-run",
            "--repository=" + directory.resolve("lost"),
            "--password-file=" + secret("lost-password", "lost"),
            "--restic=" + ResticBinaries.current()),
        ExitCode.OK);
    return commands;
  }

  /** It writes the database's URL down for the daemon, who cannot be asked. */
  private static final Set<String> LEFT_OUT = Set.of("register");

  @Test
  void whoever_gives_no_password_is_asked_for_it_by_every_command_of_admins() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      DatabaseAddress admin = site.controlPlane().member("backup_admin", PASSWORD);
      site.controlPlane().execute("UPDATE devices SET housekeeper = true");
      Set<String> tried = new TreeSet<>(LEFT_OUT);
      for (var command : ofAdmins(site).entrySet()) {
        tried.add(command.getKey().getFirst());
        List<String> arguments = new ArrayList<>(command.getKey());
        arguments.add("--database-url=" + admin.jdbcUrl());
        arguments.add("--database-user=" + admin.user().orElseThrow());
        try (Terminal terminal = terminal(arguments)) {
          terminal.answer("password of \"" + admin.user().orElseThrow() + "\" for ", PASSWORD);
          assertThat(terminal.end()).as(terminal.shown()).isEqualTo(command.getValue());
          assertThat(terminal.shown()).doesNotContain(PASSWORD, "wants a password", "refuses user");
        }
        Result unasked = site.holdfast(arguments.toArray(String[]::new));
        assertThat(unasked.exitCode()).as(unasked.all()).isEqualTo(ExitCode.CONTROL_PLANE);
        assertThat(unasked.err())
            .contains("wants a password, and none was given", "--password-file", ".pgpass");
      }
      assertThat(tried).as("all that name a database").isEqualTo(withADatabase());
    }
  }

  private static Set<String> withADatabase() {
    Set<String> commands = new TreeSet<>();
    for (var command : Commands.all().getSubcommands().entrySet()) {
      CommandLine.Model.CommandSpec spec = command.getValue().getCommandSpec();
      if (spec.findOption("--database-url") != null) {
        commands.add(command.getKey());
      }
    }
    return commands;
  }

  @Test
  void a_token_is_asked_for_and_not_shown() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      DatabaseAddress admin = site.controlPlane().member("backup_admin", PASSWORD);
      Result token =
          site.holdfast(
              "enrol-token",
              "--device=web-01",
              "--database-url=" + admin.jdbcUrl(),
              "--database-user=" + admin.user().orElseThrow(),
              "--password-file=" + secret("admin-password", PASSWORD));
      assertThat(token.exitCode()).as(token.all()).isZero();
      Path config = directory.resolve("joined/holdfast.yaml");
      try (Terminal terminal =
          terminal(
              List.of(
                  "register",
                  "--token=-",
                  "--config=" + config,
                  "--state-directory=" + directory.resolve("joined/state")))) {
        terminal.answer("the token that 'holdfast enrol-token' has printed: ", token.out().strip());
        assertThat(terminal.end()).as(terminal.shown()).isZero();
        assertThat(terminal.shown())
            .contains("is registered")
            .doesNotContain(token.out().strip().substring(0, 20));
      }
    }
  }

  @Test
  void a_secret_is_asked_for_and_encrypted_for_a_setting_that_may_be_encrypted() throws Exception {
    Path key = secret("fleet.key", run("secret", "new-key").out().strip());
    String encrypted;
    try (Terminal terminal =
        terminal(List.of("secret", "encrypt", "repository_password", "--key-file=" + key))) {
      terminal.answer("what repository_password is to be: ", "hunter2");
      assertThat(terminal.end()).as(terminal.shown()).isZero();
      assertThat(terminal.shown()).doesNotContain("hunter2");
      encrypted =
          terminal.shown().lines().filter(l -> l.startsWith("enc:v1:")).findFirst().orElseThrow();
    }
    try (Terminal terminal =
        terminal(List.of("secret", "re-encrypt", "repository_password", "--key-file=" + key))) {
      terminal.answer("the value of repository_password as it is: ", encrypted);
      assertThat(terminal.end()).as(terminal.shown()).isZero();
    }
    try (Terminal terminal =
        terminal(List.of("secret", "encrypt", "repository_password", "--key-file=" + key))) {
      terminal.answer("what repository_password is to be: ", "");
      assertThat(terminal.end()).isEqualTo(ExitCode.USAGE);
      assertThat(terminal.shown()).contains("there is nothing to encrypt");
    }
    refused("\"foo\" is no setting", "encrypt", "foo", key);
    refused("Did you mean repository_password?", "encrypt", "repository_pasword", key);
    refused("is no setting that may be encrypted", "encrypt", "max_concurrent_backups", key);
    refused("is no setting that may be encrypted", "re-encrypt", "foo", key);
    refused("there is nothing to encrypt", "encrypt", "repository_password", key);
    Result noKey =
        run("secret", "encrypt", "repository_password", "--key-file=" + directory.resolve("no"));
    assertThat(noKey.err()).contains("cannot be used (no such file or directory)");
  }

  private void refused(String why, String what, String setting, Path key) {
    Result refused = run("secret", what, setting, "--key-file=" + key);
    assertThat(refused.exitCode()).as(refused.all()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err()).contains(why);
    assertThat(refused.out()).isEmpty();
  }

  private Result run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(List.of(arguments));
    return Program.run(environment(), command);
  }
}
