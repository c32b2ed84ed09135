package io.holdfast.agent.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directories that lead to a place, and whether anybody but root and the agent's own user could
 * put something else there between our look at it and restic's. The rule is that of sshd's
 * StrictModes, but that what others cannot enter is safe from them, and that a directory with the
 * sticky bit will do if what lies in it is ours. Windows has no such modes: nothing is found there.
 */
public final class WayTo {

  private static final int WRITABLE_BY_OTHERS = 0022;
  private static final int ENTERED_BY_OTHERS = 0011;
  private static final int STICKY = 01000;
  private static final int ROOT = 0;

  /** No owner, and all modes. */
  private static final int UNKNOWN = -1;

  private final Path place;

  private WayTo(Path place) {
    this.place = place;
  }

  /**
   * @param place absolute, and without links on the way, as {@link RealPlace} says it; it need not
   *     exist
   */
  public static WayTo of(Path place) {
    return new WayTo(place);
  }

  /** The first directory where others may exchange what leads to the place, from the root on. */
  Optional<Path> whereOthersMayExchange() {
    return firstExposed(place.getNameCount() - 1);
  }

  /** The same, or the place itself if others may write to it. */
  public Optional<Path> whereOthersMayWrite() {
    return firstExposed(place.getNameCount());
  }

  /**
   * @param names how many names of the place are looked at
   */
  private Optional<Path> firstExposed(int names) {
    Path directory = place.getRoot();
    for (int i = 0; hasModes() && i <= names && exists(directory); i++) {
      Optional<Path> entry =
          i < place.getNameCount()
              ? Optional.of(directory.resolve(place.getName(i)))
              : Optional.empty();
      if (!isOurs(directory)) {
        return Optional.of(directory);
      }
      if (!has(directory, ENTERED_BY_OTHERS)) {
        return Optional.empty();
      }
      if (has(directory, WRITABLE_BY_OTHERS) && !keepsForItsOwner(directory, entry)) {
        return Optional.of(directory);
      }
      if (entry.isEmpty()) {
        return Optional.empty();
      }
      directory = entry.get();
    }
    return Optional.empty();
  }

  private boolean hasModes() {
    return place.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  private static boolean keepsForItsOwner(Path directory, Optional<Path> entry) {
    return has(directory, STICKY) && entry.filter(WayTo::exists).filter(WayTo::isOurs).isPresent();
  }

  private static boolean exists(Path path) {
    return !Files.notExists(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean isOurs(Path path) {
    int owner = number(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    // The directory of our process, and not the link to it, which is root's.
    return owner == ROOT
        || (owner != UNKNOWN && owner == number(Path.of("/proc/self"), "unix:uid"));
  }

  private static boolean has(Path path, int modes) {
    return (number(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & modes) != 0;
  }

  private static int number(Path path, String attribute, LinkOption... options) {
    try {
      return (Integer) Files.getAttribute(path, attribute, options);
    } catch (IOException e) {
      // Whoever keeps us from looking at it is not trusted with it.
      return UNKNOWN;
    }
  }
}
