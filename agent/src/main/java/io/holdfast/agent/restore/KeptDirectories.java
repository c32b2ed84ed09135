package io.holdfast.agent.restore;

import io.holdfast.agent.files.FileFaults;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Directories whose owner, mode and times are noted before a restore and put back after it. */
final class KeptDirectories {

  private static final String MODE = "unix:mode";

  /** The bits of a mode that are no type of file. */
  private static final int PERMISSIONS = 0xfff;

  /** Those that POSIX attributes do not tell of: set-user-id, set-group-id and sticky. */
  private static final int SPECIAL = 0xe00;

  private final List<Kept> kept = new ArrayList<>();
  private final Set<Path> known = new HashSet<>();

  private record Kept(Path path, PosixFileAttributes was, int mode) {}

  KeptDirectories(Collection<Path> directories) {
    directories.forEach(this::add);
  }

  /** Notes how it is now; what is no directory yet is left to the restore. */
  void add(Path directory) {
    try {
      PosixFileAttributes attributes =
          Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isDirectory() && known.add(directory)) {
        kept.add(new Kept(directory, attributes, mode(directory)));
      }
    } catch (IOException e) {
      // restic will meet the same fault, and tell of it.
    }
  }

  private static int mode(Path directory) throws IOException {
    return (Integer) Files.getAttribute(directory, MODE, LinkOption.NOFOLLOW_LINKS) & PERMISSIONS;
  }

  boolean contains(Path directory) {
    return known.contains(directory);
  }

  /**
   * The deepest first, so that one which nobody may enter does not keep us from those in it.
   *
   * @return which of them could not be put back
   */
  List<ItemFailure> putBack() {
    List<ItemFailure> failures = new ArrayList<>();
    kept.sort(Comparator.comparingInt((Kept one) -> one.path().getNameCount()).reversed());
    for (Kept one : kept) {
      try {
        putBack(one);
      } catch (NoSuchFileException | NotDirectoryException e) {
        // It has gone since, and not by the restore.
      } catch (IOException e) {
        failures.add(
            new ItemFailure(
                one.path().toString(),
                "owner, mode and times are not what they were (" + FileFaults.words(e) + ")"));
      }
    }
    return failures;
  }

  /** By its open directory: it might have been moved away, and a link be in its place. */
  private static void putBack(Kept one) throws IOException {
    try (DirectoryStream<Path> opened = Files.newDirectoryStream(one.path())) {
      if (!(opened instanceof SecureDirectoryStream<Path> directory)) {
        return;
      }
      PosixFileAttributeView view = directory.getFileAttributeView(PosixFileAttributeView.class);
      PosixFileAttributes now = view.readAttributes();
      PosixFileAttributes was = one.was();
      if (now.fileKey() == null || !now.fileKey().equals(was.fileKey())) {
        return;
      }
      if (!now.owner().equals(was.owner())) {
        view.setOwner(was.owner());
      }
      if (!now.group().equals(was.group())) {
        view.setGroup(was.group());
      }
      if (mode(one.path()) != one.mode()) {
        view.setPermissions(was.permissions());
        if ((one.mode() & SPECIAL) != 0) {
          Files.setAttribute(one.path(), MODE, one.mode(), LinkOption.NOFOLLOW_LINKS);
        }
      }
      if (!now.lastModifiedTime().equals(was.lastModifiedTime())) {
        Files.getFileAttributeView(
                one.path(), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .setTimes(was.lastModifiedTime(), was.lastAccessTime(), null);
      }
    }
  }
}
