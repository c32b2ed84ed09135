package io.holdfast.agent.cli;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.secret.RecoveryKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast recovery-key} */
@Command(
    name = "recovery-key",
    description = {
      "Makes a pair of keys for the control plane's dump: writes the private half into a file, and prints",
      "the public half, for which dumps are encrypted (control_plane_dump.recipients in a configuration file).",
      "Keep the file where none of the fleet's machines is: without it no dump can be read, by nobody."
    },
    mixinStandardHelpOptions = true)
final class RecoveryKeyCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--to",
      paramLabel = "FILE",
      required = true,
      description = "the new file for the private half, as age-keygen writes it")
  private Path file = Path.of("");

  @Override
  public Integer call() {
    RecoveryKey.Pair pair = RecoveryKey.make(Instant.now());
    try {
      byte[] content = pair.file().value().getBytes(StandardCharsets.UTF_8);
      DurableFile.create(file, out -> out.write(content));
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          file + " is there already, and may hold the only key that opens a dump",
          "Name a new file.");
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.WRONG,
          "the private half could not be written into " + file + " (" + e.getMessage() + ")",
          "Check the directory, its permissions and the room there.");
    }
    spec.commandLine().getOut().println(pair.recipient());
    spec.commandLine()
        .getErr()
        .println("the private half is in " + file + ": keep it where none of these machines is");
    return ExitCode.OK;
  }
}
