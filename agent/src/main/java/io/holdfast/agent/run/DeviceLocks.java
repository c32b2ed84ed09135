package io.holdfast.agent.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who may run what on this device, among all processes of the agent: locks on files, which the
 * operating system drops when their holder dies. One job never overlaps itself, and the device runs
 * no more at once than its slots.
 */
public final class DeviceLocks {

  private final Path directory;

  /**
   * @throws UncheckedIOException if the directory cannot be made
   */
  public DeviceLocks(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the lock directory " + directory + " cannot be made", e);
    }
  }

  /** A lock that is held until it is closed. */
  public static final class Held implements AutoCloseable {
    private final FileChannel channel;

    private Held(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void close() {
      try {
        // Closing the channel drops the lock. The file stays: removing it would let two holders in.
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException("a lock could not be dropped", e);
      }
    }
  }

  /** The right to run this job, if nobody has it. */
  public Optional<Held> tryJob(UUID jobId) {
    return tryLock("job-" + jobId);
  }

  /** The right to be one of this many runs on the device, if there is a place left. */
  public Optional<Held> trySlot(int slots) {
    for (int slot = 0; slot < slots; slot++) {
      Optional<Held> held = tryLock("slot-" + slot);
      if (held.isPresent()) {
        return held;
      }
    }
    return Optional.empty();
  }

  /**
   * The right to be the one daemon on this state directory, if nobody has it.
   *
   * @param pid written down, so that whoever comes second can say who has it
   */
  public Optional<Held> tryDaemon(long pid) {
    Optional<Held> held = tryLock("daemon");
    if (held.isPresent()) {
      try {
        Files.writeString(daemonPid(), String.valueOf(pid));
      } catch (IOException e) {
        // A courtesy: the lock itself is what counts.
      }
    }
    return held;
  }

  /** The process that is the daemon on this state directory, as far as it has said. */
  public Optional<Long> daemonsPid() {
    try {
      return Optional.of(Long.parseLong(Files.readString(daemonPid()).strip()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Beside the lock: on Windows nobody can read a file that is locked. */
  private Path daemonPid() {
    return directory.resolve("daemon.pid");
  }

  /** Whether some process is the daemon on this state directory. */
  public boolean daemonRuns() {
    Optional<Held> held = tryLock("daemon");
    held.ifPresent(Held::close);
    return held.isEmpty();
  }

  private Optional<Held> tryLock(String name) {
    Path file = directory.resolve(name + ".lock");
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        return Optional.empty();
      }
      return Optional.of(new Held(channel));
    } catch (IOException e) {
      closeAfter(e, channel);
      throw new UncheckedIOException("the lock file " + file + " cannot be used", e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by another thread of this very process.
      return null;
    }
  }

  private static void closeAfter(IOException failure, @Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
