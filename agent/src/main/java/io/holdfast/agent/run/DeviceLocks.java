package io.holdfast.agent.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who may run what on this device, among all processes of the agent: locks on files, which the
 * operating system drops when their holder dies. One job never overlaps itself, and the device runs
 * no more at once than its slots.
 *
 * <p>On POSIX systems a process that closes any of its handles to a file drops its lock on it. So a
 * file that this process has locked is never opened a second time.
 */
public final class DeviceLocks {

  /** The files that this process has locked; also the monitor under which files are locked. */
  private static final Set<Path> OURS = new HashSet<>();

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
    private final Path file;
    private final FileChannel channel;

    private Held(Path file, FileChannel channel) {
      this.file = file;
      this.channel = channel;
    }

    @Override
    public void close() {
      synchronized (OURS) {
        if (!channel.isOpen()) {
          return;
        }
        try {
          // This drops the lock. The file stays: removing it would let two holders in.
          channel.close();
        } catch (IOException e) {
          throw new UncheckedIOException("a lock could not be dropped", e);
        } finally {
          OURS.remove(file);
        }
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

  /** The right to test restores: one test at a time needs the scratch directory. */
  public Optional<Held> tryProof() {
    return tryLock("proof");
  }

  /** Whether some process is the daemon on this state directory. */
  public boolean daemonRuns() {
    return isHeld(tryLock("daemon"));
  }

  /** Whether somebody has the right to run this job, and so runs it or waits for his turn. */
  public boolean jobIsHeld(UUID jobId) {
    return isHeld(tryJob(jobId));
  }

  /** What was only tried is given back. */
  private static boolean isHeld(Optional<Held> tried) {
    tried.ifPresent(Held::close);
    return tried.isEmpty();
  }

  private Optional<Held> tryLock(String name) {
    Path file = directory.toAbsolutePath().resolve(name + ".lock");
    synchronized (OURS) {
      if (OURS.contains(file)) {
        return Optional.empty();
      }
      FileChannel channel = null;
      try {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
          channel.close();
          return Optional.empty();
        }
        OURS.add(file);
        return Optional.of(new Held(file, channel));
      } catch (IOException e) {
        closeAfter(e, channel);
        throw new UncheckedIOException("the lock file " + file + " cannot be used", e);
      }
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
