package io.holdfast.agent.report;

import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Run records on disk that the control plane has not taken yet: one file each, complete or not
 * there at all. Their names sort in the order in which they have to arrive. Several processes may
 * use one spool at once.
 */
public final class Spool {

  private static final Logger log = LoggerFactory.getLogger(Spool.class);
  private static final String SUFFIX = ".json";
  private static final String REFUSED = "refused";

  private final Path directory;

  /**
   * @throws UncheckedIOException if the directory cannot be made
   */
  public Spool(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory.resolve(REFUSED));
    } catch (IOException e) {
      throw new UncheckedIOException("the spool " + directory + " cannot be made", e);
    }
  }

  /**
   * Adds a record; when it returns the record survives a crash of the machine.
   *
   * @throws UncheckedIOException if it could not be written, for a full disk among others
   */
  public void add(RunRecord record) {
    String name = nameOf(record);
    Path written = directory.resolve(name + ".new");
    try {
      byte[] bytes = RecordJson.write(record);
      try (FileChannel channel =
          FileChannel.open(
              written,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      Files.move(written, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      forceDirectory();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "run " + record.start().id() + " could not be written to the spool " + directory, e);
    }
  }

  /** The records that wait, the oldest first. */
  public List<Path> waiting() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the spool " + directory + " cannot be read", e);
    }
  }

  /**
   * How many records the control plane refused for good; they lie in the folder {@code refused}.
   */
  public int refused() {
    try (Stream<Path> files = Files.list(directory.resolve(REFUSED))) {
      return (int) files.filter(file -> file.toString().endsWith(SUFFIX)).count();
    } catch (IOException e) {
      throw new UncheckedIOException("the spool " + directory + " cannot be read", e);
    }
  }

  /** Takes a record off that the control plane has. */
  void remove(Path file) {
    try {
      // Another process may have delivered the same file: that is as good.
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the spool file " + file + " cannot be removed", e);
    }
  }

  /** Keeps a record aside that the control plane will never take, with the reason beside it. */
  void setAside(Path file, String reason) {
    Path aside = directory.resolve(REFUSED).resolve(file.getFileName());
    try {
      Files.writeString(aside.resolveSibling(file.getFileName() + ".reason"), reason + "\n");
      Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
      log.error("a run record was refused and is kept as {}: {}", aside, reason);
    } catch (IOException e) {
      throw new UncheckedIOException("the spool file " + file + " cannot be set aside", e);
    }
  }

  /** Run ids sort by time, and a run's start before its end. */
  private static String nameOf(RunRecord record) {
    String step =
        switch (record) {
          case RunStarted _ -> "1-started";
          case RunFinished _ -> "2-finished";
        };
    return record.start().id() + "." + step + SUFFIX;
  }

  /**
   * The new name itself must survive too. Windows cannot open a directory and needs no such step.
   */
  private void forceDirectory() throws IOException {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
