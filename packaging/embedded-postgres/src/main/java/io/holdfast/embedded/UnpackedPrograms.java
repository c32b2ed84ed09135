package io.holdfast.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.io.FileUtils;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs, unpacked from an archive into a directory that is named after the
 * archive's content. The directory appears when it is complete, so that an unpacking that was
 * killed leaves nothing to start from; and it is compared with its list of files before it is used,
 * so that one that was damaged later is made anew.
 */
final class UnpackedPrograms {

  /** In the directory: a line for each file, its CRC-32 in hexadecimal and its path. */
  private static final String LIST = "files.crc32";

  private final Path base;
  private final URL archive;

  private UnpackedPrograms(Path base, URL archive) {
    this.base = base;
    this.archive = archive;
  }

  /**
   * Returns the directory with the programs.
   *
   * @param base holds the directories of all versions; made if it is missing
   * @param archive a tar archive that is compressed by xz
   */
  static Path in(Path base, URL archive) throws IOException {
    return new UnpackedPrograms(base, archive).complete();
  }

  private Path complete() throws IOException {
    Files.createDirectories(base);
    Path directory = base.resolve("postgresql-" + hash().substring(0, 16));
    // Several test JVMs and a quick start may be the first at the same time.
    try (FileChannel lock =
        FileChannel.open(
            base.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock();
      if (!isIntact(directory)) {
        FileUtils.deleteDirectory(directory.toFile());
        Path part = base.resolve(directory.getFileName() + ".part");
        FileUtils.deleteDirectory(part.toFile());
        Files.createDirectories(part);
        openToOthers(part);
        Files.write(part.resolve(LIST), unpack(part));
        Files.move(part, directory, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    return directory;
  }

  /** Independent of the umask: the user nobody may have to run the programs. */
  private static void openToOthers(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String hash() throws IOException {
    try (InputStream in = archive.openStream()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> unpack(Path target) throws IOException {
    List<String> list = new ArrayList<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new XZInputStream(new BufferedInputStream(archive.openStream())))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException(archive + " holds a file outside of it: " + entry.getName());
        }
        Files.createDirectories(file.getParent());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          openToOthers(file);
        } else if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
          list.add(line(0, target.relativize(file)));
        } else {
          list.add(line(write(tar, file), target.relativize(file)));
          Files.setPosixFilePermissions(file, permissions(entry.getMode()));
        }
      }
    }
    return list;
  }

  private static long write(InputStream in, Path file) throws IOException {
    CRC32 sum = new CRC32();
    try (OutputStream out = new CheckedOutputStream(Files.newOutputStream(file), sum)) {
      in.transferTo(out);
    }
    return sum.getValue();
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    return PosixFilePermissions.fromString((mode & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--");
  }

  private static String line(long sum, Path file) {
    return HexFormat.of().toHexDigits(sum, 8) + " " + file;
  }

  private static boolean isIntact(Path directory) throws IOException {
    Path list = directory.resolve(LIST);
    if (!Files.isRegularFile(list)) {
      return false;
    }
    try {
      List<String> lines = Files.readAllLines(list);
      return !lines.isEmpty() && lines.stream().allMatch(line -> isAsListed(directory, line));
    } catch (IOException | UncheckedIOException e) {
      // A file that is missing or cannot be read is damage like any other.
      return false;
    }
  }

  private static boolean isAsListed(Path directory, String line) {
    Path file = Path.of(line.substring(line.indexOf(' ') + 1));
    try {
      Path actual = directory.resolve(file);
      return line.equals(line(Files.isSymbolicLink(actual) ? 0 : sum(actual), file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long sum(Path file) throws IOException {
    CRC32 sum = new CRC32();
    try (InputStream in = new CheckedInputStream(Files.newInputStream(file), sum)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return sum.getValue();
  }
}
