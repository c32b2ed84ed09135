package io.holdfast.agent.daemon;

import io.holdfast.agent.restic.LockPolicy.Holder;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticBinary;
import io.holdfast.agent.restic.ResticFinder;
import io.holdfast.agent.restic.ResticPlaces;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.run.ResticProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.function.Function;

/**
 * The restic of this machine. Asked for its version only once, and again after its file has
 * changed.
 */
final class InstalledRestic implements ResticProvider {

  private record Found(Restic restic, Path path, FileTime modified) {}

  private final ResticPlaces places;
  private final Function<ResticBinary, Restic> opened;
  private Optional<Found> found = Optional.empty();

  /**
   * @param opened makes the binary usable
   */
  InstalledRestic(ResticPlaces places, Function<ResticBinary, Restic> opened) {
    this.places = places;
    this.opened = opened;
  }

  @Override
  public synchronized Restic get() throws ResticUnavailable {
    // Looked for every time: one that is installed meanwhile is used at once.
    Path path = places.locate().path();
    if (found.isPresent() && found.get().path().equals(path) && unchanged(found.get())) {
      return found.get().restic();
    }
    found = Optional.empty();
    ResticBinary binary = ResticFinder.at(path);
    Restic restic = opened.apply(binary);
    modified(binary.path())
        .ifPresent(time -> found = Optional.of(new Found(restic, binary.path(), time)));
    return restic;
  }

  /**
   * What stands behind a process number: /proc tells its name, and else the path of its program.
   */
  static Holder holder(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    if (process.isEmpty()) {
      return Holder.GONE;
    }
    Path comm = Path.of("/proc", String.valueOf(pid), "comm");
    String name;
    try {
      name =
          Files.isReadable(comm)
              ? Files.readString(comm).strip()
              : process
                  .get()
                  .info()
                  .command()
                  .map(c -> Path.of(c).getFileName().toString())
                  .orElse("");
    } catch (IOException e) {
      name = "";
    }
    return name.startsWith("restic") ? Holder.RESTIC : Holder.SOMETHING_ELSE;
  }

  private static boolean unchanged(Found found) {
    return modified(found.path()).filter(found.modified()::equals).isPresent();
  }

  private static Optional<FileTime> modified(Path path) {
    try {
      return Optional.of(Files.getLastModifiedTime(path));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
