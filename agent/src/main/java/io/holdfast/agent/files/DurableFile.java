package io.holdfast.agent.files;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Files that are there as a whole or not at all, and that survive a crash of the machine once they
 * are written. Nobody but their owner can read them.
 */
public final class DurableFile {

  /** What a file that is not complete yet ends in. */
  private static final String UNFINISHED = ".new";

  /** One thread of this process at a time writes a file; few files share a lock by chance. */
  private static final List<ReentrantLock> LOCKS =
      Stream.generate(ReentrantLock::new).limit(16).toList();

  private DurableFile() {}

  /**
   * Writes the file, or replaces it.
   *
   * @throws IOException if it cannot be written, for a full disk among others; the file is as it
   *     was
   */
  public static void write(Path file, byte[] content) throws IOException {
    Path written = unfinished(file);
    ReentrantLock lock = LOCKS.get(Math.floorMod(file.hashCode(), LOCKS.size()));
    lock.lock();
    try {
      Files.deleteIfExists(written);
      try (FileChannel channel = FileChannel.open(written, NEW, OwnersOnly.at(file))) {
        put(channel, content);
      }
      rename(written, file);
    } catch (IOException e) {
      discard(written, e);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /**
   * What a file is called until all of it is there. Each process has a name of its own: two that
   * write the same file would take each other's half of it for the whole.
   */
  static Path unfinished(Path file) {
    return file.resolveSibling(
        file.getFileName() + "." + ProcessHandle.current().pid() + UNFINISHED);
  }

  /** Writes what a file is to hold. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a new file, part by part; nothing has its name until all of it is there.
   *
   * @throws FileAlreadyExistsException if something has that name
   * @throws IOException if it cannot be written; nothing of it is left
   */
  public static void create(Path file, Content content) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Path written = unfinished(file);
    Files.deleteIfExists(written);
    Files.createFile(written, OwnersOnly.at(file));
    // Whoever ends the program in the middle leaves nothing either.
    written.toFile().deleteOnExit();
    try {
      try (FileOutputStream out = new FileOutputStream(written.toFile())) {
        content.writeTo(out);
        out.getFD().sync();
      }
      rename(written, file);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /**
   * Writes into the room that another file has taken on the disk, and gives the outcome its name:
   * so that it finds room on a disk that has filled up meanwhile.
   *
   * @param reserved a file that {@link #reserve} made; gone afterwards
   * @throws IOException if it cannot be written; the reserved file stays
   */
  public static void writeInto(Path reserved, Path file, byte[] content) throws IOException {
    try (FileChannel channel = FileChannel.open(reserved, StandardOpenOption.WRITE)) {
      put(channel, content);
      channel.truncate(content.length);
      channel.force(true);
    }
    rename(reserved, file);
  }

  /**
   * Takes room on the disk for a file that is to be written later.
   *
   * @throws IOException if there is not so much
   */
  public static void reserve(Path reserved, int bytes) throws IOException {
    // Not zeros alone, which some file systems do not store.
    byte[] filling = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      filling[i] = (byte) (i * 31 + 7);
    }
    write(reserved, filling);
  }

  /** Removes the file, if it is there; one that a crash brings back does no harm to its owner. */
  public static void remove(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  private static final Set<StandardOpenOption> NEW =
      EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  private static void put(FileChannel channel, byte[] content) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(content);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    channel.force(true);
  }

  /**
   * Gives the file another name, or puts it in the place of another; when it returns this survives
   * a crash.
   *
   * @throws IOException if it cannot be renamed; both files are as they were
   */
  public static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    forceDirectory(to);
  }

  /** The new name must survive too. Windows cannot open a directory and needs no such step. */
  private static void forceDirectory(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !OwnersOnly.isPosix(file)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void discard(Path written, IOException failure) {
    try {
      Files.deleteIfExists(written);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
