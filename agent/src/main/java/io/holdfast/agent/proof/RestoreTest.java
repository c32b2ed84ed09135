package io.holdfast.agent.proof;

import io.holdfast.agent.restic.BackupReport.ItemFailure;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.RepositoryUnreadable;
import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestorePattern;
import io.holdfast.agent.restic.RestoreReport;
import io.holdfast.agent.restic.RestoreWatch;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restic.TreeNode;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Restores a sample of one snapshot and compares it. */
public final class RestoreTest {

  private static final int MOST_FAILURES = 100;
  private static final int LONGEST_IN_SENTENCE = 600;

  private final RepositoryReader reader;
  private final Path scratchDirectory;
  private final Cancellation cancellation;
  private final RandomGenerator random;

  public RestoreTest(
      RepositoryReader reader,
      Path scratchDirectory,
      Cancellation cancellation,
      RandomGenerator random) {
    this.reader = reader;
    this.scratchDirectory = scratchDirectory;
    this.cancellation = cancellation;
    this.random = random;
  }

  /**
   * What came of it.
   *
   * @param files how many came back as the repository has them
   * @param withSource how many of those the machine itself still has, unchanged
   */
  public record Result(
      Verdict verdict,
      Optional<String> snapshotId,
      int files,
      long bytes,
      int withSource,
      List<String> failures) {

    static Result without(Verdict verdict, Optional<String> snapshotId) {
      return new Result(verdict, snapshotId, 0, 0, 0, List.of());
    }
  }

  /**
   * Tests the newest snapshot with this tag that counts.
   *
   * @param counts whether a run has told of it: one that somebody has added proves nothing
   * @param files in the sample
   * @param bytes that the sample takes at most
   * @param again paths that are tested besides, if the snapshot has them
   */
  public Result test(
      String tag, Predicate<SnapshotEntry> counts, int files, long bytes, Set<String> again) {
    Optional<String> snapshot = Optional.empty();
    try (Scratch scratch = new Scratch(scratchDirectory)) {
      snapshot = reader.tagged(tag).stream().filter(counts).findFirst().map(SnapshotEntry::id);
      if (snapshot.isEmpty()) {
        return Result.without(
            Verdict.failed(
                "no-snapshot",
                "there is no snapshot to test of which a run of the job has told",
                "Run the job: holdfast backup."),
            snapshot);
      }
      Sample sample = new Sample(files, bytes, random, again);
      try {
        reader.list(snapshot.get(), List.of(), true, sample::offer);
      } catch (RepositoryUnreadable e) {
        return Result.without(unlisted(e), snapshot);
      }
      List<TreeNode> drawn = sample.files();
      return drawn.isEmpty() && sample.leftOut() > 0
          ? Result.without(nothingFits(sample.leftOut()), snapshot)
          : tested(snapshot.get(), drawn, scratch);
    } catch (RepositoryUnreadable e) {
      return Result.without(
          e.meaning() == ExitMeaning.CANCELLED
              ? cancelled()
              : Verdict.failed(
                  "repository-unreachable", String.valueOf(e.getMessage()), e.remedy()),
          snapshot);
    } catch (IOException | UncheckedIOException e) {
      return Result.without(
          Verdict.failed(
              "no-scratch",
              "the sample could not be restored on this machine: " + e.getMessage(),
              "Make room in the state directory, or lower verify_bytes."),
          snapshot);
    }
  }

  /** The repository has just answered: so its data are damaged, or it is away since. */
  private Verdict unlisted(RepositoryUnreadable why) {
    return why.meaning() == ExitMeaning.CANCELLED
        ? cancelled()
        : Verdict.failed(
            "snapshot-unreadable",
            "the list of the snapshot's files could not be read: " + why.getMessage(),
            "If the storage answers, the repository is damaged: docs/restore-tests.md says what to do.");
  }

  /** A test of nothing proves nothing. */
  private static Verdict nothingFits(long files) {
    return Verdict.failed(
        "sample-empty",
        "none of the snapshot's "
            + files
            + " files could be tested: each is larger than verify_bytes by itself, or its name is"
            + " not UTF-8",
        "Raise verify_bytes of the job.");
  }

  private Result tested(String snapshot, List<TreeNode> sample, Scratch scratch)
      throws RepositoryUnreadable, IOException {
    long bytes = sample.stream().mapToLong(file -> file.size().orElse(0)).sum();
    if (scratch.room() < bytes) {
      throw new IOException("it takes " + bytes + " bytes, and there is no room for it");
    }
    if (sample.isEmpty()) {
      // Directories and links alone: the list itself was read.
      return new Result(Verdict.success(), Optional.of(snapshot), 0, 0, 0, List.of());
    }
    RestoreReport report =
        reader.restore(
            new RestoreOrder(
                snapshot,
                scratch.directory(),
                sample.stream().map(file -> RestorePattern.literal(file.path())).toList(),
                List.of(),
                Optional.empty(),
                false,
                true,
                Optional.empty()),
            new RestoreWatch(_ -> {}, (_, _) -> {}, _ -> {}, cancellation));
    return report.meaning() == ExitMeaning.CANCELLED
        ? Result.without(cancelled(), Optional.of(snapshot))
        : compared(snapshot, sample, scratch, report);
  }

  /** restic itself compares what it wrote with the hashes that the repository has of it. */
  private static Result compared(
      String snapshot, List<TreeNode> sample, Scratch scratch, RestoreReport report) {
    Set<String> failures = new LinkedHashSet<>();
    int good = 0;
    long bytes = 0;
    int same = 0;
    String firstReason = report.reason().orElse("");
    for (ItemFailure failure : report.firstErrors()) {
      failures.add(inSnapshot(failure.item(), scratch));
      firstReason = firstReason.isEmpty() ? failure.message() : firstReason;
    }
    for (TreeNode file : sample) {
      switch (Comparison.of(file, scratch.place(file.path()))) {
        case MISSING -> failures.add(file.path());
        case DIFFERENT -> {
          failures.add(file.path());
          firstReason =
              firstReason.isEmpty()
                  ? "it differs from the machine's own, which looks unchanged"
                  : firstReason;
        }
        case SAME -> same++;
        case RESTORED -> {}
      }
      if (!failures.contains(file.path())) {
        good++;
        bytes += file.size().orElse(0);
      }
    }
    boolean whole = failures.isEmpty() && report.meaning() == ExitMeaning.COMPLETE;
    return new Result(
        whole ? Verdict.success() : failed(sample, failures, firstReason),
        Optional.of(snapshot),
        good,
        bytes,
        same,
        failures.stream().limit(MOST_FAILURES).toList());
  }

  private static Verdict failed(List<TreeNode> sample, Set<String> failures, String reason) {
    return Verdict.failed(
        "proof-failed",
        failures.size()
            + " of "
            + sample.size()
            + " files did not come back as they were"
            + (failures.isEmpty() ? "" : ", the first " + bounded(failures.iterator().next()))
            + (reason.isEmpty() ? "" : ": " + bounded(reason)),
        "docs/restore-tests.md says what to do.");
  }

  /** The row has room for a sentence; the list has the whole names. */
  private static String bounded(String text) {
    if (text.length() <= LONGEST_IN_SENTENCE) {
      return text;
    }
    boolean halved = Character.isHighSurrogate(text.charAt(LONGEST_IN_SENTENCE - 1));
    return text.substring(0, LONGEST_IN_SENTENCE - (halved ? 1 : 0)) + "…";
  }

  /** What restic tells of lies in the scratch directory, or in the snapshot. */
  private static String inSnapshot(String item, Scratch scratch) {
    String head = scratch.directory().toString();
    return item.startsWith(head) ? item.substring(head.length()) : item;
  }

  private Verdict cancelled() {
    return new Verdict(
        Outcome.CANCELLED,
        cancellation.isForAgentsStop() ? "agent-stopped" : "cancelled",
        "the restore test was cancelled " + cancellation.reason().orElse(""),
        "Nothing: it comes with the next due time, or by holdfast prove.");
  }
}
