package io.holdfast.agent.restore;

import io.holdfast.agent.files.Windows;
import io.holdfast.agent.restic.ArgumentCheck;
import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreArguments;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import io.holdfast.agent.restic.RestoreReport;
import io.holdfast.agent.restic.RestoreReport.Totals;
import io.holdfast.agent.restic.RestoreWatch;
import io.holdfast.agent.run.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Carries out one restore. */
public final class Restoring {

  /** As many as a report names. */
  private static final int MOST_NAMED = 20;

  private Restoring() {}

  /**
   * What came of it.
   *
   * @param message why it is no success; empty if it is one
   * @param directories how many of the report's items are directories; empty if nobody knows
   */
  public record Result(
      Outcome outcome,
      String message,
      String remedy,
      RestoreReport report,
      OptionalLong directories) {
    public Result {
      Objects.requireNonNull(outcome, "outcome");
      Objects.requireNonNull(message, "message");
      Objects.requireNonNull(remedy, "remedy");
      Objects.requireNonNull(report, "report");
      Objects.requireNonNull(directories, "directories");
    }
  }

  /**
   * @throws CannotRestore if this restic cannot do it
   */
  public static void check(RepositoryReader reader, RestoreOrder order) throws CannotRestore {
    Optional<ArgumentCheck.Refused> refusal = RestoreArguments.refusal(order, reader.version());
    if (refusal.isPresent()) {
      throw new CannotRestore(
          CannotRestore.Kind.UNABLE, refusal.get().message(), refusal.get().remedy());
    }
  }

  /**
   * What {@link #check} has let through. Directories that are there and are not meant keep their
   * owner, mode and times.
   *
   * @throws CannotRestore if the target cannot be looked into
   * @throws RepositoryUnreadable if the repository did not open
   */
  public static Result restore(RepositoryReader reader, RestoreOrder order, RestoreWatch watch)
      throws CannotRestore, RepositoryUnreadable {
    if (order.dryRun()) {
      RestoreReport would = reader.restore(order, placed(order, watch));
      return judged(order, atTheirPlaces(order, would), nothing(order, would), none());
    }
    boolean wasEmpty = order.below().isEmpty() && RestoreWish.isEmpty(order.target());
    boolean names = RestoreArguments.namesItems(reader.version());
    KeptDirectories kept = new KeptDirectories(List.of());
    if (!wasEmpty && !Windows.here()) {
      Optional<RestoreReport> failed = note(reader, order, watch, names, kept);
      if (failed.isPresent()) {
        return judged(order, failed.get(), false, none());
      }
    }
    Counted counted = new Counted(order, kept);
    RestoreReport report;
    List<ItemFailure> notPutBack;
    try {
      report =
          names
              ? reader.restore(order.named(), counting(counted, watch))
              : reader.restore(order, watch);
    } finally {
      notPutBack = kept.putBack();
    }
    boolean nothing = nothing(order, report);
    report = and(atTheirPlaces(order, report), notPutBack);
    if (report.totals().isPresent() && names) {
      RestoreReport told = report.with(counted.without(report.totals().get()));
      return judged(order, told, nothing, OptionalLong.of(counted.directories));
    }
    if (!wasEmpty) {
      return judged(order, report, nothing, none());
    }
    Walked walked = walked(order.target());
    RestoreReport told = report.totals().isEmpty() ? report.with(walked.totals()) : report;
    return judged(order, told, nothing(order, told), OptionalLong.of(walked.directories()));
  }

  private static OptionalLong none() {
    return OptionalLong.empty();
  }

  /**
   * Notes how the directories are that the restore only passes through.
   *
   * @return how the restore ends at once, if it cannot be found out which they are
   */
  private static Optional<RestoreReport> note(
      RepositoryReader reader,
      RestoreOrder order,
      RestoreWatch watch,
      boolean names,
      KeptDirectories kept)
      throws RepositoryUnreadable {
    Passage passage = new Passage(order);
    boolean all = order.overwrite().equals(Optional.of(Overwrite.NEVER));
    if (!passage.isBounded() && !all) {
      return Optional.empty();
    }
    if (passage.isBounded() && passage.isLiteral()) {
      passage.above().forEach(kept::add);
      if (!all || passage.places().stream().noneMatch(Files::isDirectory)) {
        return Optional.empty();
      }
    }
    if (!names) {
      return Optional.empty();
    }
    kept.add(order.destination());
    RestoreReport rehearsed =
        reader.restore(
            order.rehearsed(),
            new RestoreWatch(
                _ -> {},
                (_, item) -> {
                  if (all || passage.isOnTheWay(item)) {
                    place(order, item).ifPresent(kept::add);
                  }
                },
                watch.troubles(),
                watch.cancellation(),
                watch.started()));
    return rehearsed.meaning() == ExitMeaning.COMPLETE
            || rehearsed.meaning() == ExitMeaning.INCOMPLETE
        ? Optional.empty()
        : Optional.of(rehearsed);
  }

  /** Empty for a name that this Java cannot write. */
  private static Optional<Path> place(RestoreOrder order, String item) {
    try {
      return Optional.of(order.place(item));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Counts directories apart: restic itself names them like files. */
  private static final class Counted {

    private final RestoreOrder order;
    private final KeptDirectories kept;
    private long directories;
    private long passed;

    Counted(RestoreOrder order, KeptDirectories kept) {
      this.order = order;
      this.kept = kept;
    }

    void item(String action, String item) {
      Optional<Path> place = place(order, item);
      if (place.filter(kept::contains).isPresent()) {
        passed++;
      } else if (action.equals("restored")
          && place.filter(p -> Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS)).isPresent()) {
        directories++;
      }
    }

    /** A directory that has stayed as it was did not come back. */
    Totals without(Totals all) {
      return new Totals(
          Math.max(0, all.items() - passed), all.bytes(), all.skippedItems(), all.skippedBytes());
    }
  }

  private static RestoreWatch counting(Counted counted, RestoreWatch watch) {
    return new RestoreWatch(
        watch.listener(), counted::item, watch.troubles(), watch.cancellation(), watch.started());
  }

  /** Told of whole paths, wherever in the snapshot restic has begun. */
  private static RestoreWatch placed(RestoreOrder order, RestoreWatch watch) {
    return new RestoreWatch(
        watch.listener(),
        (action, item) -> watch.items().accept(action, order.below() + item),
        watch.troubles(),
        watch.cancellation(),
        watch.started());
  }

  private static RestoreReport atTheirPlaces(RestoreOrder order, RestoreReport report) {
    if (order.below().isEmpty()) {
      return report;
    }
    List<ItemFailure> failures =
        report.firstErrors().stream()
            .map(failure ->
                failure.item().startsWith("/")
                    ? new ItemFailure(order.below() + failure.item(), failure.message())
                    : failure)
            .toList();
    return with(report, report.meaning(), failures, report.errorCount());
  }

  private static RestoreReport and(RestoreReport report, List<ItemFailure> more) {
    if (more.isEmpty()) {
      return report;
    }
    return with(
        report,
        report.meaning() == ExitMeaning.COMPLETE ? ExitMeaning.INCOMPLETE : report.meaning(),
        Stream.concat(report.firstErrors().stream(), more.stream()).limit(MOST_NAMED).toList(),
        report.errorCount() + more.size());
  }

  private static RestoreReport with(
      RestoreReport report, ExitMeaning meaning, List<ItemFailure> failures, long count) {
    return new RestoreReport(
        meaning,
        report.totals(),
        failures,
        count,
        report.reason(),
        report.survived(),
        report.duration());
  }

  private static Result judged(
      RestoreOrder order, RestoreReport report, boolean nothing, OptionalLong directories) {
    return switch (report.meaning()) {
      case COMPLETE ->
          nothing
              ? nothingMatches(report)
              : new Result(Outcome.SUCCESS, "", "", report, directories);
      case INCOMPLETE ->
          report.lacksOnlyAttributes()
              ? withoutAttributes(report, directories)
              : new Result(
                  Outcome.PARTIAL,
                  report.errorCount()
                      + " files or directories were not restored, or not as they were",
                  "What came back is in place; mend the cause and restore the rest with --include.",
                  report,
                  directories);
      case CANCELLED ->
          new Result(
              Outcome.CANCELLED,
              "the restore was cancelled; what came back until then is in place",
              "",
              report,
              directories);
      default ->
          isNotThere(order, report)
              ? nothingMatches(report)
              : new Result(
                  Outcome.FAILED,
                  "restic did not restore: " + report.reason().orElse("it did not say why"),
                  "Mend the cause and restore again.",
                  report,
                  directories);
    };
  }

  /** The snapshot lacks the directory from which the restore was to begin. */
  private static boolean isNotThere(RestoreOrder order, RestoreReport report) {
    return !order.below().isEmpty()
        && report
            .reason()
            .filter(reason -> reason.contains("path ") && reason.contains("not found"))
            .isPresent();
  }

  private static Result withoutAttributes(RestoreReport report, OptionalLong directories) {
    return new Result(
        Outcome.PARTIAL,
        "all came back, but the owner, rights or attributes of "
            + report.errorCount()
            + " files or directories could not be set",
        "The file system there may know none (FAT, CIFS, NFS with root_squash), or restic may not set"
            + " them (a container without CAP_CHOWN and CAP_FOWNER): set them by hand, or restore to"
            + " another place.",
        report,
        directories);
  }

  /** restic itself takes a pattern that nothing fits for a success. */
  private static boolean nothing(RestoreOrder order, RestoreReport report) {
    return !order.includes().isEmpty()
        && report.totals().filter(t -> t.items() == 0 && t.skippedItems() == 0).isPresent();
  }

  private static Result nothingMatches(RestoreReport report) {
    return new Result(
        Outcome.FAILED,
        "nothing in the snapshot matches --include",
        "'holdfast find NAME' shows which snapshots hold a file. Patterns are as in 'holdfast ls':"
            + " whole paths of the snapshot, or names; * does not go beyond a /.",
        report,
        none());
  }

  private record Walked(Totals totals, long directories) {}

  /** Of a directory that was empty; restic before 0.16 does not say what it has restored. */
  private static Walked walked(Path target) {
    if (!Files.isDirectory(target)) {
      return new Walked(new Totals(0, 0, 0, 0), 0);
    }
    long[] found = new long[3];
    try (Stream<Path> all = Files.walk(target)) {
      all.filter(path -> !path.equals(target))
          .forEach(path -> {
            found[0]++;
            found[1] += sizeOf(path);
            found[2] += Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? 1 : 0;
          });
    } catch (IOException | UncheckedIOException e) {
      // A file system that fails here has failed restic too, which has said so.
    }
    return new Walked(new Totals(found[0], found[1], 0, 0), found[2]);
  }

  private static long sizeOf(Path path) {
    try {
      return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? Files.size(path) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
