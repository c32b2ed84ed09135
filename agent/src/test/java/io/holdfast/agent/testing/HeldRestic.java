package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The real restic, but for the backups of one job: they wait before they begin until they are let
 * go. So a run lasts for as long as a test needs it, and no longer, on a slow machine and on a
 * quick one.
 */
public final class HeldRestic {

  private final Path binary;
  private final Path letGo;

  public HeldRestic(Path directory, Path restic, String job) throws IOException {
    letGo = directory.resolve("let-go-" + job);
    binary =
        ResticBinaries.script(
            directory.resolve("held-restic"),
            """
            #!/bin/sh
            case " $* " in
              *' --tag=backup_name=%s '*) while [ ! -e '%s' ]; do sleep 0.1; done ;;
            esac
            exec '%s' "$@"
            """
                .formatted(job, letGo, restic));
  }

  public Path binary() {
    return binary;
  }

  /** Those that wait begin, and no other waits from now on. */
  public void letGo() throws IOException {
    Files.createFile(letGo);
  }
}
