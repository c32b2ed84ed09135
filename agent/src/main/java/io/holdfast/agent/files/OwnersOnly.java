package io.holdfast.agent.files;

import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** New files that nobody but their owner can read, from their first moment on. */
public final class OwnersOnly {

  private OwnersOnly() {}

  /**
   * What a file is to be made with there. Nothing on Windows, where the access list of the
   * directory must do.
   */
  public static FileAttribute<?>[] at(Path place) {
    return isPosix(place)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  static boolean isPosix(Path place) {
    return place.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
