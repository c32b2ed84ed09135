package io.holdfast.agent.cli;

import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.files.FileFaults;
import io.holdfast.agent.secret.FleetKeys;
import io.holdfast.agent.secret.MachineSecrets;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.text.Blanks;
import io.holdfast.agent.text.Nearest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast secret}: settings that the database itself cannot read. */
@Command(
    name = "secret",
    description = "Encrypts settings with a key of the fleet that the database never holds.",
    mixinStandardHelpOptions = true)
final class SecretCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Say what to do: new-key, encrypt, re-encrypt.");
  }

  @Command(
      name = "new-key",
      description = {
        "Prints a line for the key file (secrets/fleet.key beside the configuration file of every machine).",
        "Put it before the others: the first line encrypts, all of them decrypt."
      },
      mixinStandardHelpOptions = true)
  int newKey() {
    spec.commandLine().getOut().println(FleetKeys.newLine().value());
    return ExitCode.OK;
  }

  /** The key file that is meant. */
  static final class KeyFile {
    @Mixin private ConfigOption config = new ConfigOption();

    @Option(
        names = "--key-file",
        paramLabel = "FILE",
        description = "the key file (default: secrets/fleet.key beside the configuration file)")
    private @Nullable Path file;

    FleetKeys keys() {
      Path path =
          Optional.ofNullable(file)
              .orElseGet(
                  () -> LocalConfig.secretsBeside(config.path()).resolve(MachineSecrets.KEY_FILE));
      try {
        return FleetKeys.load(path);
      } catch (IOException e) {
        throw new CommandFailure(
            ExitCode.CONFIGURATION,
            "the key file " + path + " cannot be used (" + FileFaults.words(e) + ")",
            "Name it with --key-file; 'holdfast secret new-key' prints a line for a new one.");
      }
    }
  }

  @Command(
      name = "encrypt",
      description = {
        "Asks for a secret, or reads it from standard input, one line, and prints the value for the table",
        "settings.",
        "It is good for that setting only."
      },
      mixinStandardHelpOptions = true)
  int encrypt(
      @Mixin KeyFile keyFile,
      @Parameters(paramLabel = "SETTING", description = "such as repository_password")
          String setting) {
    checkName(setting);
    FleetKeys keys = keyFile.keys();
    String secret = Typed.hiddenOrLine("what " + setting + " is to be");
    if (secret.isBlank()) {
      throw new CommandFailure(
          ExitCode.USAGE, "there is nothing to encrypt", "Give the secret, in one line.");
    }
    if (Blanks.isAround(secret)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "what was given begins or ends with blanks or other signs that cannot be seen",
          "Give it without: restic cuts them off a password.");
    }
    spec.commandLine().getOut().println(keys.encrypt(setting, new Secret(secret)));
    return ExitCode.OK;
  }

  @Command(
      name = "re-encrypt",
      description =
          "Reads an encrypted value from standard input and prints it encrypted with the first key.",
      mixinStandardHelpOptions = true)
  int reEncrypt(
      @Mixin KeyFile keyFile,
      @Parameters(paramLabel = "SETTING", description = "such as repository_password")
          String setting) {
    checkName(setting);
    FleetKeys keys = keyFile.keys();
    Secret secret =
        keys.decrypt(setting, Typed.hiddenOrLine("the value of " + setting + " as it is").strip())
            .orElseThrow(() ->
                new CommandFailure(
                    ExitCode.WRONG,
                    "the value is not encrypted with a key of this file, or not for the setting "
                        + setting,
                    "Copy the whole value from the table settings, and name its key."));
    spec.commandLine().getOut().println(keys.encrypt(setting, secret));
    return ExitCode.OK;
  }

  /** A value is good for its own setting only, so one for another name is good for nothing. */
  private static void checkName(String setting) {
    if (!MachineSecrets.SETTINGS.contains(setting)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "\"" + setting + "\" is no setting that may be encrypted",
          Nearest.to(setting, MachineSecrets.SETTINGS)
                  .map(near -> "Did you mean " + near + "? ")
                  .orElse("")
              + "There are "
              + String.join(", ", MachineSecrets.SETTINGS)
              + ".");
    }
  }
}
