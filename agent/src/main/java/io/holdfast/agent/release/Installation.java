package io.holdfast.agent.release;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.release.Fetching.Unwritable;
import io.holdfast.agent.restic.ResticBinary;
import io.holdfast.agent.restic.ResticFinder;
import io.holdfast.agent.restic.ResticUnavailable;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.Optional;

/**
 * Fetches a release of restic, checks it, and keeps it in a directory. What was kept there before
 * stays until the new one has said its version.
 */
public final class Installation {

  private final Path directory;
  private final BaseAddress base;
  private final Fetching fetching;

  /**
   * @param directory where restic is kept; made if it is not there
   * @param variables the environment, which may name a proxy
   */
  public Installation(Path directory, BaseAddress base, Map<String, String> variables) {
    this.directory = directory;
    this.base = base;
    fetching = new Fetching(base, variables);
  }

  /**
   * @param pinned what must come; empty for what is known of the tested version, and for others
   *     what the release's own list says
   * @throws CannotInstall if it cannot be had or is not what it should be; nothing has changed then
   */
  public ResticBinary install(Release release, Optional<Checksum> pinned) throws CannotInstall {
    try {
      Files.createDirectories(directory);
      permit(directory);
      try (FileChannel lock = FileChannel.open(directory.resolve("install.lock"), LOCK)) {
        if (lock.tryLock() == null) {
          throw new CannotInstall("another 'holdfast restic install' goes on", "Wait for its end.");
        }
        return installAlone(release, pinned);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static final StandardOpenOption[] LOCK = {
    StandardOpenOption.CREATE, StandardOpenOption.WRITE
  };

  private ResticBinary installAlone(Release release, Optional<Checksum> pinned)
      throws CannotInstall, IOException {
    Path packed = directory.resolve("download");
    Path fresh =
        directory.resolve(release.platform().isWindows() ? "new-restic.exe" : "new-restic");
    try {
      Optional<Checksum> known = pinned.or(() -> TestedChecksums.of(release));
      Checksum wanted = known.isPresent() ? known.get() : published(release);
      Checksum came = fetched(release, packed);
      if (!came.equals(wanted)) {
        throw new CannotInstall(
            release.file()
                + " is not what it should be: its SHA-256 is "
                + came.hex()
                + " and should be "
                + wanted.hex(),
            "Do not use it; try again, and ask whoever runs the place that it came from. Nothing was"
                + " installed.");
      }
      unpack(release, packed, fresh);
      answering(release, fresh);
      Path kept = directory.resolve(release.platform().isWindows() ? "restic.exe" : "restic");
      DurableFile.rename(fresh, kept);
      return new ResticBinary(kept, release.version());
    } finally {
      Files.deleteIfExists(packed);
      Files.deleteIfExists(fresh);
    }
  }

  private Checksum published(Release release) throws CannotInstall {
    return Checksum.listed(
        fetching
            .text(base.of(release, Checksum.LIST))
            .orElseThrow(() ->
                new CannotInstall(
                    "there is no restic " + release.version() + " at " + base.uri(),
                    "restic's release page lists the versions. Nothing was installed.")),
        release);
  }

  private Checksum fetched(Release release, Path packed) throws CannotInstall, IOException {
    MessageDigest digest = sha256();
    try (OutputStream out = new DigestOutputStream(Files.newOutputStream(packed), digest)) {
      if (!fetching.file(base.of(release, release.file()), out)) {
        throw new CannotInstall(
            "there is no " + release.file() + " at " + base.uri() + "/" + release.directory(),
            "restic has no such release for this machine, or the mirror is not whole. Nothing was"
                + " installed.");
      }
    } catch (Unwritable e) {
      throw e.why();
    }
    return Checksum.of(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static void unpack(Release release, Path packed, Path fresh) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(packed));
        FileChannel channel =
            FileChannel.open(
                fresh,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream out = Channels.newOutputStream(channel)) {
      Unpacking.of(release, in, out);
      channel.force(true);
    }
    permit(fresh);
  }

  private static void permit(Path file) throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private static void answering(Release release, Path fresh) throws CannotInstall {
    try {
      ResticBinary binary = ResticFinder.at(fresh);
      if (!binary.version().equals(release.version())) {
        throw new CannotInstall(
            release.file() + " says that it is restic " + binary.version(),
            "Check the base address. Nothing was installed.");
      }
    } catch (ResticUnavailable e) {
      throw new CannotInstall(
          "what was fetched does not run here: " + e.getMessage(),
          "Is it made for this machine, and may programs be run from its directory? Nothing was installed.");
    }
  }

  private CannotInstall unwritable(IOException e) {
    String why = String.valueOf(e.getMessage());
    return new CannotInstall(
        "restic cannot be kept in " + directory + ": " + why,
        why.contains("No space left")
            ? "Make room there. What was installed before is still in use."
            : "Check that this user may write there. What was installed before is still in use.");
  }
}
