package io.holdfast.agent.restore;

import io.holdfast.agent.restic.ArgumentCheck;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreArguments;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestoreReport;
import io.holdfast.agent.restic.RestoreReport.Totals;
import io.holdfast.agent.restic.RestoreWatch;
import io.holdfast.agent.run.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Carries out one restore. */
public final class Restoring {

  private Restoring() {}

  /**
   * What came of it.
   *
   * @param message why it is no success; empty if it is one
   */
  public record Result(Outcome outcome, String message, String remedy, RestoreReport report) {
    public Result {
      Objects.requireNonNull(outcome, "outcome");
      Objects.requireNonNull(message, "message");
      Objects.requireNonNull(remedy, "remedy");
      Objects.requireNonNull(report, "report");
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
   * What {@link #check} has let through.
   *
   * @throws CannotRestore if the target cannot be looked into
   * @throws RepositoryUnreadable if the repository did not open
   */
  public static Result restore(RepositoryReader reader, RestoreOrder order, RestoreWatch watch)
      throws CannotRestore, RepositoryUnreadable {
    boolean wasEmpty = RestoreWish.isEmpty(order.target());
    RestoreReport report = reader.restore(order, watch);
    return judged(
        order,
        report.totals().isEmpty() && wasEmpty ? report.with(counted(order.target())) : report);
  }

  private static Result judged(RestoreOrder order, RestoreReport report) {
    return switch (report.meaning()) {
      case COMPLETE -> nothing(order, report) ? nothingMatches(report) : success(report);
      case INCOMPLETE ->
          report.lacksOnlyAttributes()
              ? withoutAttributes(report)
              : new Result(
                  Outcome.PARTIAL,
                  report.errorCount()
                      + " files or directories were not restored, or not as they were",
                  "What came back is in place; mend the cause and restore the rest with --include.",
                  report);
      case CANCELLED ->
          new Result(
              Outcome.CANCELLED,
              "the restore was cancelled; what came back until then is in place",
              "",
              report);
      default ->
          new Result(
              Outcome.FAILED,
              "restic did not restore: " + report.reason().orElse("it did not say why"),
              "Mend the cause and restore again.",
              report);
    };
  }

  private static Result withoutAttributes(RestoreReport report) {
    return new Result(
        Outcome.PARTIAL,
        "all came back, but the owner, rights or attributes of "
            + report.errorCount()
            + " files or directories could not be set",
        "The file system there may know none (FAT, CIFS, NFS with root_squash), or restic may not set"
            + " them (a container without CAP_CHOWN and CAP_FOWNER): set them by hand, or restore to"
            + " another place.",
        report);
  }

  private static Result success(RestoreReport report) {
    return new Result(Outcome.SUCCESS, "", "", report);
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
        "Patterns are as in 'holdfast ls': whole paths of the snapshot, or names; * does not go"
            + " beyond a /.",
        report);
  }

  /** Before 0.16 restic does not say what it has restored. */
  private static Totals counted(Path target) {
    if (!Files.isDirectory(target)) {
      return new Totals(0, 0, 0, 0);
    }
    long[] found = new long[2];
    try (Stream<Path> all = Files.walk(target)) {
      all.filter(path -> !path.equals(target))
          .forEach(path -> {
            found[0]++;
            found[1] += sizeOf(path);
          });
    } catch (IOException | UncheckedIOException e) {
      // A file system that fails here has failed restic too, which has said so.
    }
    return new Totals(found[0], found[1], 0, 0);
  }

  private static long sizeOf(Path path) {
    try {
      return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? Files.size(path) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
