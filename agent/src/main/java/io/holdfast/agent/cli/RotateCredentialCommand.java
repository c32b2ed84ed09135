package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.daemon.Enrolment;
import io.holdfast.agent.job.ControlPlaneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast rotate-credential} */
@Command(
    name = "rotate-credential",
    description = {
      "Puts a new password for the control plane in the place of the old one; safe to repeat.",
      "A daemon that runs goes on with the new one."
    },
    mixinStandardHelpOptions = true)
final class RotateCredentialCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    LocalConfig loaded = config.load();
    Path file =
        loaded
            .database()
            .passwordFile()
            .orElseThrow(() ->
                new CommandFailure(
                    ExitCode.CONFIGURATION,
                    config.path() + " names no password_file, so there is none to write anew",
                    "Put the password into a file of its own, and name it as"
                        + " database.password_file."));
    try {
      Enrolment.rotate(loaded.database(), file);
    } catch (IOException e) {
      throw new UncheckedIOException("the password file " + file + " cannot be written", e);
    }
    spec.commandLine()
        .getOut()
        .printf("device \"%s\" has a new password in %s%n", loaded.deviceId(), file);
    return ExitCode.OK;
  }
}
