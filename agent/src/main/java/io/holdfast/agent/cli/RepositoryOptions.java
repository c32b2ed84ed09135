package io.holdfast.agent.cli;

import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What all commands have in common that look into the device's repository. */
final class RepositoryOptions {

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "the jobs of another device, by its id or name; if this machine's login may see it")
  private @Nullable String device;

  @Option(
      names = "--no-lock",
      description =
          "read the repository without locking it: where it cannot be written, or where a lock is"
              + " known to be dead")
  private boolean noLock;

  RestoreSource source(AgentParts parts, CancelOnSignal signal, PrintWriter err)
      throws ControlPlaneException, CannotRestore {
    return RestoreSource.of(
        parts,
        new RestoreSource.Wanted(
            Optional.ofNullable(device),
            !noLock,
            signal.cancellation(),
            trouble -> err.println("holdfast: " + Visible.of(trouble))));
  }
}
