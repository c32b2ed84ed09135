package io.holdfast.agent.run;

import java.io.IOException;
import java.nio.file.Path;

/** Where a path leads on this machine, with all links on the way followed. */
public final class RealPlace {

  private RealPlace() {}

  /**
   * The last name is taken as it is: restic stores a link that is itself to be backed up as a link.
   * What does not exist leads nowhere else.
   */
  static Path of(Path path) {
    Path written = path.toAbsolutePath().normalize();
    Path parent = written.getParent();
    Path name = written.getFileName();
    return parent == null || name == null ? written : followed(parent).resolve(name);
  }

  /**
   * The same with the last name followed too: where something that is written there comes to lie.
   */
  public static Path wholly(Path path) {
    return followed(path.toAbsolutePath().normalize());
  }

  private static Path followed(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      Path parent = directory.getParent();
      Path name = directory.getFileName();
      return parent == null || name == null ? directory : followed(parent).resolve(name);
    }
  }
}
