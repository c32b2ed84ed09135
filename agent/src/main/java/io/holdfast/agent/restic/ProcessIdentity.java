package io.holdfast.agent.restic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Names one process for good: a number is given to another process some day, its start is not.
 *
 * @param started on Linux the boot's id and the clock ticks between boot and start, which no
 *     setting of the clock can change; else the start by the clock
 */
public record ProcessIdentity(long pid, String started) {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** The 22nd field of /proc/PID/stat, counted behind the name, which may hold anything. */
  private static final int START_TIME_AFTER_NAME = 19;

  public ProcessIdentity {
    Objects.requireNonNull(started, "started");
  }

  /** Of a process that runs now; empty if it has ended. */
  public static Optional<ProcessIdentity> of(ProcessHandle process) {
    return started(process).map(started -> new ProcessIdentity(process.pid(), started));
  }

  /** Whether it has ended; only to be asked where it was started, see {@link Kernel}. */
  public boolean hasEnded() {
    return process().isEmpty();
  }

  /** The process, if it is still this one and still runs. */
  Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(process -> started(process).filter(started::equals).isPresent());
  }

  private static Optional<String> started(ProcessHandle process) {
    Path stat = Path.of("/proc", String.valueOf(process.pid()), "stat");
    if (!Files.isReadable(BOOT_ID)) {
      return process.info().startInstant().map(start -> String.valueOf(start.toEpochMilli()));
    }
    try {
      String line = Files.readString(stat, StandardCharsets.ISO_8859_1);
      String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
      // A zombie has ended; only its parent has not asked for its code yet.
      return fields[0].equals("Z")
          ? Optional.empty()
          : Optional.of(Files.readString(BOOT_ID).strip() + "/" + fields[START_TIME_AFTER_NAME]);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
