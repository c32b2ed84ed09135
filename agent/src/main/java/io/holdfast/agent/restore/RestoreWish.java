package io.holdfast.agent.restore;

import io.holdfast.agent.files.FileFaults;
import io.holdfast.agent.files.Windows;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import io.holdfast.agent.restic.RestorePattern;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.RealPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a person wants to have restored, and whether it may be.
 *
 * @param to where; empty for {@code inPlace}
 * @param inPlace to where it came from
 * @param intoExisting the directory may hold something
 */
public record RestoreWish(
    Optional<Path> to,
    boolean inPlace,
    boolean intoExisting,
    Optional<Overwrite> overwrite,
    List<String> includes,
    List<String> excludes,
    boolean dryRun,
    boolean verify) {

  public RestoreWish {
    Objects.requireNonNull(to, "to");
    Objects.requireNonNull(overwrite, "overwrite");
    includes = List.copyOf(includes);
    excludes = List.copyOf(excludes);
  }

  /**
   * Looks at the words alone, before anything is asked of anybody.
   *
   * @throws CannotRestore if they contradict each other
   */
  public void check() throws CannotRestore {
    check(Windows.here());
  }

  void check(boolean windows) throws CannotRestore {
    if (inPlace && windows) {
      throw CannotRestore.misspoken(
          "--in-place cannot be had on Windows, where restic writes a drive as a directory",
          "Restore --to a directory, and move the files from the directory C in it.");
    }
    if (to.isPresent() == inPlace) {
      throw CannotRestore.misspoken(
          inPlace
              ? "--to and --in-place cannot both be meant"
              : "it is not said where to restore to",
          "Give --to DIR for a directory, or --in-place to put the files back where they were.");
    }
    if (to.filter(path -> path.toString().isBlank()).isPresent()) {
      throw CannotRestore.misspoken(
          "the directory of --to is empty", "Write it out; . is the directory that you are in.");
    }
    if (inPlace && overwrite.isEmpty()) {
      throw CannotRestore.misspoken(
          "--in-place needs --overwrite, which says what becomes of files that are there",
          "--overwrite never, if-newer, if-changed or always; --dry-run shows what would be written.");
    }
    if (overwrite.isPresent() && !inPlace && !intoExisting) {
      throw CannotRestore.misspoken(
          "--overwrite makes sense only with --in-place or --into-existing",
          "A directory that is empty needs none.");
    }
    if (dryRun && verify) {
      throw CannotRestore.misspoken(
          "--verify reads what was written, and --dry-run writes nothing",
          "Leave one of them out.");
    }
    if (!includes.isEmpty() && !excludes.isEmpty()) {
      throw CannotRestore.misspoken(
          "restic takes either --include or --exclude, not both", "Leave one of them out.");
    }
    if (Stream.concat(includes.stream(), excludes.stream()).anyMatch(String::isBlank)) {
      throw CannotRestore.misspoken(
          "a pattern of --include or --exclude is empty", "Leave it out, or write what was meant.");
    }
    for (String pattern : Stream.concat(includes.stream(), excludes.stream()).toList()) {
      checkPattern(pattern);
    }
  }

  /**
   * @throws CannotRestore if restic could not read the pattern
   */
  public static void checkPattern(String pattern) throws CannotRestore {
    Optional<String> fault = RestorePattern.fault(pattern);
    if (fault.isPresent()) {
      throw CannotRestore.misspoken(
          "the pattern \"" + pattern + "\" " + fault.get(),
          "A \\ before a [ or a \\ makes it mean itself; * stands for any characters.");
    }
  }

  /**
   * What restic is to do.
   *
   * @param repository its directory, if it is a local one
   * @throws CannotRestore if it may not be written there
   */
  public RestoreOrder order(SnapshotEntry snapshot, Optional<Path> repository)
      throws CannotRestore {
    Path target =
        to.map(path -> path.toAbsolutePath().normalize())
            .orElseGet(() -> Path.of("").toAbsolutePath().getRoot());
    if (!inPlace) {
      checkTarget(target, repository);
    }
    return new RestoreOrder(snapshot.id(), target, includes, excludes, overwrite, dryRun, verify);
  }

  private void checkTarget(Path target, Optional<Path> repository) throws CannotRestore {
    Path real = RealPlace.wholly(target);
    if (real.getParent() == null) {
      throw CannotRestore.refused(
          target + " is the root of a file system: that would be in place",
          "Say --in-place with --overwrite instead of --to, or choose a directory below it.");
    }
    if (repository.filter(place -> real.startsWith(RealPlace.wholly(place))).isPresent()) {
      throw CannotRestore.refused(
          target + " lies within the repository itself", "Choose a directory elsewhere.");
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(target)) {
      throw CannotRestore.refused(target + " is no directory", "Choose another one with --to.");
    }
    if (!intoExisting && !isEmpty(target)) {
      throw CannotRestore.refused(
          "the directory " + target + " is not empty",
          "Choose another one; or --into-existing restores into it and replaces files that differ.");
    }
  }

  /** Whether nothing is there, or nothing in it. */
  static boolean isEmpty(Path target) throws CannotRestore {
    if (!Files.exists(target)) {
      return true;
    }
    try (Stream<Path> entries = Files.list(target)) {
      return entries.findAny().isEmpty();
    } catch (IOException e) {
      throw CannotRestore.refused(
          "the directory " + target + " cannot be looked into (" + FileFaults.words(e) + ")",
          "Choose another one, or run this as a user who may read and write it.");
    }
  }
}
