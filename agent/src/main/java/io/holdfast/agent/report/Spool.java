package io.holdfast.agent.report;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Run records on disk that the control plane has not taken yet: one file each, complete or not
 * there at all. Their names begin with a number and sort in the order in which they were added,
 * whatever the clock did. Several processes may use one spool at once.
 */
public final class Spool {

  /** Made when there is something to say: a command that only counts the records must not wait. */
  private static final class Log {
    static final Logger OF_SPOOL = LoggerFactory.getLogger(Spool.class);
  }

  private static final String SUFFIX = ".json";

  /** More than the record of any end takes: its texts are bounded. */
  private static final int ROOM_FOR_AN_END = 96 * 1024;

  private static final Pattern NUMBERED = Pattern.compile("(\\d{12})-.*\\.json");

  private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

  private final Path directory;
  private final Path refused;
  private final DeliveredRecords delivered;

  /**
   * @throws UncheckedIOException if the directory cannot be made
   */
  public Spool(Path directory) {
    this.directory = directory;
    refused = directory.resolve("refused");
    try {
      Files.createDirectories(refused);
      delivered = new DeliveredRecords(directory.resolve("delivered"));
    } catch (IOException e) {
      throw new UncheckedIOException("the spool " + directory + " cannot be made", e);
    }
  }

  /**
   * Adds a record; when it returns the record survives a crash of the machine. A start also takes
   * the room that the record of its end will need.
   *
   * @throws UncheckedIOException if it could not be written, for a full disk among others
   */
  public void add(RunRecord record) {
    try {
      byte[] bytes = RecordJson.write(record);
      if (record instanceof RunStarted || record instanceof RestoreStarted) {
        DurableFile.reserve(reserved(record), ROOM_FOR_AN_END);
      }
      numbered(number -> {
        Path file = directory.resolve(nameOf(number, record));
        if ((record instanceof RunFinished || record instanceof RestoreEnded)
            && Files.exists(reserved(record))) {
          DurableFile.writeInto(reserved(record), file, bytes);
        } else {
          DurableFile.write(file, bytes);
        }
      });
    } catch (IOException e) {
      throw new UncheckedIOException(
          "run " + record.uuid() + " could not be written to the spool " + directory, e);
    }
  }

  /** Gives back the room of a run whose end will not be written. */
  void release(RunRecord started) {
    try {
      DurableFile.remove(reserved(started));
    } catch (IOException e) {
      Log.OF_SPOOL.warn("the file {} cannot be removed", reserved(started), e);
    }
  }

  private Path reserved(RunRecord record) {
    return directory.resolve(record.uuid() + ".room");
  }

  @FunctionalInterface
  private interface Numbered {
    void with(long number) throws IOException;
  }

  /** Gives out the number after the highest that waits, to one adder at a time. */
  private void numbered(Numbered step) throws IOException {
    IN_THIS_PROCESS.lock();
    try (FileChannel channel =
            FileChannel.open(
                directory.resolve("spool.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      step.with(highest() + 1);
    } finally {
      IN_THIS_PROCESS.unlock();
    }
  }

  private long highest() {
    List<Path> waiting = waiting();
    if (waiting.isEmpty()) {
      return 0;
    }
    Matcher name = NUMBERED.matcher(waiting.getLast().getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : 0;
  }

  /** The records that wait, in the order in which they were added. */
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
    try (Stream<Path> files = Files.list(refused)) {
      return (int) files.filter(file -> file.toString().endsWith(SUFFIX)).count();
    } catch (IOException e) {
      throw new UncheckedIOException("the spool " + directory + " cannot be read", e);
    }
  }

  /** What those are about, the oldest first. */
  public List<String> refusedAre() {
    try (Stream<Path> files = Files.list(refused)) {
      return files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .sorted()
          .map(Spool::about)
          .distinct()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the spool " + directory + " cannot be read", e);
    }
  }

  private static String about(Path file) {
    try {
      return RecordJson.read(Files.readAllBytes(file)).about();
    } catch (IOException e) {
      return "what " + file.getFileName() + " was about";
    }
  }

  /** The records that the control plane has taken lately. */
  DeliveredRecords delivered() {
    return delivered;
  }

  /** Takes a record off that the control plane has. */
  void delivered(Path file) {
    try {
      delivered.keep(file);
    } catch (NoSuchFileException e) {
      // Another process has delivered the same file: that is as good.
    } catch (IOException e) {
      throw new UncheckedIOException("the spool file " + file + " cannot be removed", e);
    }
  }

  /** Puts a record back that the control plane has lost. */
  void restore(Path deliveredFile) throws IOException {
    numbered(number ->
        Files.move(
            deliveredFile,
            directory.resolve(numbered(number) + deliveredFile.getFileName()),
            StandardCopyOption.ATOMIC_MOVE));
  }

  /** Keeps a record aside that the control plane will never take, with the reason beside it. */
  void setAside(Path file, String reason) {
    Path aside = refused.resolve(file.getFileName());
    try {
      Files.writeString(aside.resolveSibling(file.getFileName() + ".reason"), reason + "\n");
      Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      Log.OF_SPOOL.error("a run record was refused and is kept as {}: {}", aside, reason);
    } catch (IOException e) {
      throw new UncheckedIOException("the spool file " + file + " cannot be set aside", e);
    }
  }

  private static String numbered(long number) {
    return String.format(Locale.ROOT, "%012d-", number);
  }

  private static String nameOf(long number, RunRecord record) {
    String step =
        switch (record) {
          case RunStarted _ -> "started";
          case RunFinished _ -> "finished";
          case RunMissed _ -> "missed";
          case HousekeepingEnded _ -> "housekeeping";
          case ProofEnded _ -> "proof";
          case RestoreStarted _ -> "restore-started";
          case RestoreEnded _ -> "restore-ended";
        };
    UUID id = record.uuid();
    return numbered(number) + id + "." + step + SUFFIX;
  }
}
