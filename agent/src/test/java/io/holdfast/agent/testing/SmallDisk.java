package io.holdfast.agent.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system of a few MiB that a test fills to the last byte. Needs root. */
public final class SmallDisk implements AutoCloseable {

  private static final byte[] BALLAST = new byte[4096];

  private final Path mount;

  private SmallDisk(Path mount) {
    this.mount = mount;
  }

  /** Mounts one there. */
  public static SmallDisk at(Path mount, int mebibytes) throws IOException {
    Files.createDirectories(mount);
    Program.mustRun(
        List.of(
            "mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "small", mount.toString()));
    SmallDisk disk = new SmallDisk(mount);
    Files.createDirectory(disk.directory());
    return disk;
  }

  /** An empty directory on it. */
  public Path directory() {
    return mount.resolve("files");
  }

  private Path ballast() {
    return mount.resolve("ballast");
  }

  /** Takes all the room there is left. */
  @SuppressWarnings("InfiniteLoopStatement")
  public void fill() throws IOException {
    try (OutputStream ballast = Files.newOutputStream(ballast())) {
      while (true) {
        ballast.write(BALLAST);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /** Gives the room back. */
  public void makeRoom() throws IOException {
    Files.delete(ballast());
  }

  /** Whether nothing can be written to it, whoever tries. */
  public void readOnly(boolean on) {
    Program.mustRun(List.of("mount", "-o", "remount," + (on ? "ro" : "rw"), mount.toString()));
  }

  /** Close what uses it first. */
  @Override
  public void close() {
    // Lazily: a process that ends at this moment may still have a file open.
    Program.mustRun(List.of("umount", "--lazy", mount.toString()));
  }
}
