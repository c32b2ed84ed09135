package io.holdfast.agent.cli;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.secret.EncryptedFile;
import io.holdfast.agent.secret.EncryptedFile.CannotDecrypt;
import io.holdfast.agent.secret.RecoveryKey;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast decrypt} */
@Command(
    name = "decrypt",
    description = {
      "Decrypts a dump of the control plane with the private half of a key that it was encrypted for.",
      "Nothing is written unless the whole dump is there and unchanged. What it writes holds the fleet's",
      "secrets. 'age --decrypt' does the same."
    },
    mixinStandardHelpOptions = true)
final class DecryptCommand implements Callable<Integer> {

  private static final String TO_OUTPUT = "-";

  @Option(
      names = "--identity",
      paramLabel = "FILE",
      required = true,
      description = "the private half, as 'holdfast recovery-key' or age-keygen wrote it")
  private Path identity = Path.of("");

  @Option(
      names = "--to",
      paramLabel = "FILE",
      required = true,
      description = "the new file to write, or - for standard output")
  private String to = TO_OUTPUT;

  @Parameters(paramLabel = "DUMP", description = "the dump: control-plane.dump.age")
  private Path dump = Path.of("");

  @Override
  public Integer call() {
    List<RecoveryKey> keys = keys();
    if (to.equals(TO_OUTPUT)) {
      // What has gone out cannot be taken back, and whoever reads it may act at once.
      decrypt(keys, OutputStream.nullOutputStream());
      decrypt(keys, new FileOutputStream(FileDescriptor.out));
      return ExitCode.OK;
    }
    Path file = Path.of(to);
    try {
      DurableFile.create(file, out -> decrypt(keys, out));
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailure(ExitCode.USAGE, file + " is there already", "Name a new file.");
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.WRONG,
          file + " could not be written (" + e.getMessage() + ")",
          "Check the directory, its permissions and the room there.");
    }
    return ExitCode.OK;
  }

  private List<RecoveryKey> keys() {
    try {
      return RecoveryKey.load(identity);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "the private half cannot be read from " + identity + " (" + said(e) + ")",
          "Name the file that 'holdfast recovery-key' or age-keygen has written. One that is encrypted"
              + " itself: decrypt it with age first.");
    }
  }

  private static String said(IOException e) {
    return e instanceof NoSuchFileException
        ? "there is no such file"
        : String.valueOf(e.getMessage());
  }

  private void decrypt(List<RecoveryKey> keys, OutputStream out) {
    try {
      EncryptedFile.decrypt(dump, keys, out);
    } catch (CannotDecrypt e) {
      throw switch (e.why()) {
        case NOT_ENCRYPTED ->
            failure(
                dump + " is no file that was encrypted with age",
                "Name the file control-plane.dump.age of a restored snapshot.");
        case OTHER_KEYS ->
            failure(
                dump + " was encrypted for other keys than that in " + identity,
                "Take the private half of one of the recipients that control_plane_dump named when"
                    + " it was made.");
        case DAMAGED ->
            failure(
                dump + " is damaged or cut off, and nothing of it is to be trusted",
                "Restore it once more, or take an older snapshot.");
      };
    } catch (IOException e) {
      throw failure(
          "decrypting " + dump + " failed (" + said(e) + ")",
          "Check that it is there and can be read, and the room where it is written to.");
    }
  }

  private static CommandFailure failure(String message, String remedy) {
    return new CommandFailure(ExitCode.WRONG, message, remedy);
  }
}
