package io.holdfast.agent.proof;

import io.holdfast.agent.restic.TreeNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/** Compares a file that was restored with what it should be. */
final class Comparison {

  /** How it compares. */
  enum Result {
    /** It did not come back, or not with its size. */
    MISSING,
    /** It came back, and the machine's own is another by now, or gone. */
    RESTORED,
    /** It came back, and the machine's own is the same to the byte. */
    SAME,
    /** The machine's own looks unchanged, and its content is another. */
    DIFFERENT
  }

  private Comparison() {}

  static Result of(TreeNode file, Path restored) {
    try {
      if (!Files.isRegularFile(restored, LinkOption.NOFOLLOW_LINKS)
          || Files.size(restored) != file.size().orElse(-1)) {
        return Result.MISSING;
      }
      Optional<Path> source = unchanged(file);
      if (source.isEmpty()) {
        return Result.RESTORED;
      }
      byte[] cameBack = hash(restored);
      Optional<byte[]> own = ownHash(source.get());
      if (own.isEmpty()) {
        return Result.RESTORED;
      }
      if (MessageDigest.isEqual(cameBack, own.get())) {
        return Result.SAME;
      }
      // It may have been written while we read it.
      return unchanged(file).isPresent() ? Result.DIFFERENT : Result.RESTORED;
    } catch (IOException e) {
      return Result.MISSING;
    }
  }

  /** Nothing if it cannot be read, or is gone meanwhile: that says nothing against the backup. */
  private static Optional<byte[]> ownHash(Path source) {
    try {
      return Optional.of(hash(source));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The machine's own, if size and time are those of the snapshot. */
  private static Optional<Path> unchanged(TreeNode file) {
    try {
      Path source = Path.of(file.path());
      BasicFileAttributes now =
          Files.readAttributes(source, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      boolean same =
          now.isRegularFile()
              && now.size() == file.size().orElse(-1)
              && file.modifiedAt().filter(now.lastModifiedTime().toInstant()::equals).isPresent()
              && Files.isReadable(source);
      return same ? Optional.of(source) : Optional.empty();
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static byte[] hash(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[64 * 1024];
      int read;
      while ((read = in.read(buffer)) >= 0) {
        digest.update(buffer, 0, read);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
