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

  /** The right to be the one daemon on this state directory, if nobody has it. */
  public Optional<Held> tryDaemon() {
    return tryLock("daemon");
  }

  /** Whether some process is the daemon on this state directory. */
  public boolean daemonRuns() {
    Optional<Held> held = tryDaemon();
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
