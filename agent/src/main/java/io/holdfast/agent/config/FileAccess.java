package io.holdfast.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.List;

/**
 * Who may read a file. Windows has no such permissions: there the directory's access list must do.
 */
final class FileAccess {

  private FileAccess() {}

  static boolean othersCanRead(Path file) {
    return anyOf(file, PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);
  }

  /** Whether others come to what lies in the directory, if they know its name. */
  static boolean othersCanEnter(Path directory) {
    return anyOf(directory, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);
  }

  private static boolean anyOf(Path file, PosixFilePermission... permissions) {
    try {
      return !Collections.disjoint(Files.getPosixFilePermissions(file), List.of(permissions));
    } catch (UnsupportedOperationException | IOException e) {
      return false;
    }
  }
}
