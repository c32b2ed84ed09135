package io.holdfast.agent.run;

import io.holdfast.agent.restic.BareSource;
import io.holdfast.agent.run.LastContents.Contents;
import io.holdfast.agent.run.LastContents.Known;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Compares what a snapshot holds with the job's own history: a disk that is not mounted leaves an
 * empty directory, of which restic makes a snapshot without a word.
 */
public final class ContentsCheck {

  /** The snapshot is as good as it can be, or lacks single files only. */
  private static final Set<String> GOOD =
      Set.of(Verdicts.OK, Verdicts.RECOVERED, Verdicts.UNREADABLE);

  private final LastContents last;

  public ContentsCheck(LastContents last) {
    this.last = last;
  }

  /**
   * What is found out about a snapshot.
   *
   * @param files in it, as far as restic says so
   * @param bare the source paths below which there was no file
   * @param definition stands for what the job was to back up and to leave out
   * @param leftOut asks which source paths it does not hold; asked once for each definition
   */
  record Found(
      Optional<Long> files,
      List<BareSource> bare,
      String definition,
      Supplier<List<String>> leftOut) {
    Found {
      Objects.requireNonNull(files, "files");
      bare = List.copyOf(bare);
    }

    /** Of one whose job has gone on since. */
    static Found only(Optional<Long> files) {
      return new Found(files, List.of(), "", List::of);
    }
  }

  Shortfall shortfall(RunStarted run, Found found) {
    Optional<Contents> remembered = last.of(run.jobId());
    List<String> emptied =
        remembered.stream().flatMap(then -> emptied(then, found.bare()).stream()).toList();
    List<String> leftOut =
        remembered.filter(then -> then.definition().equals(found.definition())).isPresent()
            ? List.of()
            : found.leftOut().get();
    Optional<Long> before = remembered.map(Contents::files);
    Shortfall nothing =
        new Shortfall(
            Optional.of(run.jobId()), found.files(), Optional.empty(), List.of(), List.of());
    if (remembered.isPresent()
        && emptied.isEmpty()
        && leftOut.isEmpty()
        && !isShrunken(before, found.files())) {
      return nothing;
    }
    // A machine that remembers nothing has lost its disk, or has the job for the first time.
    Known known = last.known(run.jobId(), run.startedAt()).orElse(Known.NOTHING);
    if (known.accepted()) {
      return nothing;
    }
    Optional<Long> then = before.or(known::files);
    return new Shortfall(
        Optional.of(run.jobId()),
        found.files(),
        isShrunken(then, found.files()) ? then : Optional.empty(),
        emptied,
        leftOut);
  }

  private static boolean isShrunken(Optional<Long> before, Optional<Long> now) {
    return before.isPresent()
        && now.isPresent()
        && (now.get() == 0 ? before.get() > 0 : Shortfall.isShrunken(before.get(), now.get()));
  }

  private static List<String> emptied(Contents then, List<BareSource> bare) {
    return bare.stream()
        .filter(source -> source.kind() == BareSource.Kind.EMPTY_DIRECTORY)
        .map(BareSource::path)
        .filter(then.filled()::contains)
        .toList();
  }

  /** A good one is what the next is compared with. */
  void remember(RunFinished run, List<String> sources, Found found) {
    if (!GOOD.contains(run.verdict().code())) {
      return;
    }
    run.statistics()
        .map(RunStatistics::files)
        .filter(files -> files > 0)
        .ifPresent(files -> {
          UUID job = run.start().jobId();
          Set<String> filled = new HashSet<>(sources);
          found.bare().stream().map(BareSource::path).forEach(filled::remove);
          last.remember(job, new Contents(files, filled, found.definition()));
        });
  }
}
