package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.secret.Redaction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * All that reads a repository for a person: lists, searches and restores. Nothing here writes into
 * it but, unless that is switched off, a lock that others may hold too.
 */
public final class RepositoryReader {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A person waits. */
  private static final Duration RETRY_LOCK = Duration.ofMinutes(1);

  /** restic itself gives up after a quarter of an hour; but not where the kernel holds it. */
  private static final Duration LIST_LIMIT = Duration.ofMinutes(20);

  private final Restic restic;
  private final Repository repository;
  private final boolean locking;
  private final Cancellation cancellation;
  private final Consumer<String> troubles;

  /**
   * @param locking false for a repository that cannot be written, or whose lock is known to be dead
   * @param troubles told what restic has to try again
   */
  public RepositoryReader(
      Restic restic,
      Repository repository,
      boolean locking,
      Cancellation cancellation,
      Consumer<String> troubles) {
    this.restic = Objects.requireNonNull(restic, "restic");
    this.repository = Objects.requireNonNull(repository, "repository");
    this.cancellation = Objects.requireNonNull(cancellation, "cancellation");
    this.troubles = Objects.requireNonNull(troubles, "troubles");
    this.locking = locking;
  }

  public Repository repository() {
    return repository;
  }

  Restic restic() {
    return restic;
  }

  public ResticVersion version() {
    return restic.version();
  }

  /**
   * Every snapshot of the repository, the newest first. Never locks: a list is read in a moment.
   *
   * @throws RepositoryUnreadable if restic does not answer
   */
  public List<SnapshotEntry> snapshots() throws RepositoryUnreadable {
    AtomicReference<List<SnapshotEntry>> found = new AtomicReference<>(List.of());
    ask(
        List.of("snapshots", "--json", "--no-lock"),
        in -> found.set(SnapshotList.read(in)),
        listLimit());
    return found.get();
  }

  /**
   * The snapshots with this tag, the newest first.
   *
   * @param tag never empty: restic would take that for all snapshots without a tag
   * @throws RepositoryUnreadable if restic does not answer
   */
  public List<SnapshotEntry> tagged(String tag) throws RepositoryUnreadable {
    if (tag.isBlank()) {
      throw new IllegalArgumentException("the tag is empty");
    }
    AtomicReference<List<SnapshotEntry>> found = new AtomicReference<>(List.of());
    ask(
        List.of("snapshots", "--json", "--no-lock", "--tag=" + tag),
        in -> found.set(SnapshotList.read(in)),
        listLimit());
    return found.get();
  }

  /**
   * What a snapshot holds.
   *
   * @param snapshotId 64 hexadecimal digits
   * @param paths each absolute; empty for all
   * @param recursive whether what lies in directories is told too
   * @throws RepositoryUnreadable if restic does not answer
   */
  public void list(
      String snapshotId, List<String> paths, boolean recursive, Consumer<TreeNode> nodes)
      throws RepositoryUnreadable {
    List<String> command = reading("ls", "--json");
    if (recursive && !paths.isEmpty()) {
      command.add("--recursive");
    }
    command.add("--");
    command.add(checked(snapshotId));
    command.addAll(paths);
    lines(
        command,
        node -> {
          if (!node.path("path").isMissingNode()) {
            nodes.accept(TreeNode.of(node));
          }
        });
  }

  /**
   * Where something lies.
   *
   * @param pattern a name or a path, in which * and ? stand for what may differ
   * @param tags of the snapshots to look through, those that carry any of them; empty for all
   * @param hits told the snapshot's id and what was found in it
   * @throws RepositoryUnreadable if restic does not answer
   */
  public void find(String pattern, List<String> tags, BiConsumer<String, TreeNode> hits)
      throws RepositoryUnreadable {
    if (tags.stream().anyMatch(String::isBlank)) {
      // It would select the snapshots without any tag: somebody else's.
      throw new IllegalArgumentException("a tag is empty");
    }
    List<String> command = reading("find", "--json");
    tags.forEach(tag -> command.add("--tag=" + tag));
    command.add("--");
    command.add(pattern);
    ask(command, in -> FoundList.read(in, hits));
  }

  /**
   * How the second differs from the first.
   *
   * @throws RepositoryUnreadable if restic does not answer
   */
  public SnapshotDiff.Totals diff(
      String first, String second, Consumer<SnapshotDiff.Change> changes)
      throws RepositoryUnreadable {
    AtomicReference<SnapshotDiff.Totals> totals = new AtomicReference<>(SnapshotDiff.Totals.NONE);
    List<String> command = reading("diff", "--json", "--metadata");
    command.addAll(List.of("--", checked(first), checked(second)));
    lines(
        command,
        node -> {
          switch (node.path("message_type").asText()) {
            case "change" -> changes.accept(SnapshotDiff.Change.of(node));
            case "statistics" -> totals.set(SnapshotDiff.Totals.of(node));
            default -> {}
          }
        });
    return totals.get();
  }

  /**
   * Restores. {@link RestoreArguments#refusal} tells before whether this restic can.
   *
   * @throws RepositoryUnreadable if the repository did not open; nothing was written then
   */
  public RestoreReport restore(RestoreOrder order, RestoreWatch watch) throws RepositoryUnreadable {
    List<String> command = new ArrayList<>(RestoreArguments.of(order, restic.version()));
    command.addAll(1, lockArguments());
    RestoreOutput output = new RestoreOutput(repository.redaction(), watch);
    long begin = System.nanoTime();
    while (true) {
      RestoreReport report = output.report(restoreOnce(command, output, watch));
      switch (report.meaning()) {
        case LOCKED -> again(begin, output.errors());
        case WRONG_PASSWORD, NO_REPOSITORY, NOT_STARTED ->
            throw unreadable(report.meaning(), output.errors());
        default -> {
          return report;
        }
      }
      output = new RestoreOutput(repository.redaction(), watch);
    }
  }

  private ResticProcess.Ended restoreOnce(
      List<String> command, RestoreOutput output, RestoreWatch watch) throws RepositoryUnreadable {
    try {
      return restic.stream(
          repository,
          Optional.empty(),
          command,
          this::stop,
          watch.started(),
          in -> new LineReader(in, output::output).readToEnd(),
          output::error);
    } catch (IOException e) {
      throw unreadable(ExitMeaning.NOT_STARTED, String.valueOf(e.getMessage()));
    }
  }

  private List<String> reading(String... command) {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(lockArguments());
    return arguments;
  }

  private List<String> lockArguments() {
    if (!locking) {
      return List.of("--no-lock");
    }
    return restic.waitsForLocks()
        ? List.of("--retry-lock=" + RETRY_LOCK.toSeconds() + "s")
        : List.of();
  }

  private static String checked(String snapshotId) {
    if (!snapshotId.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("this is no id of a snapshot");
    }
    return snapshotId;
  }

  private void lines(List<String> command, Consumer<JsonNode> nodes) throws RepositoryUnreadable {
    ask(command, in -> new LineReader(in, line -> parsed(line).ifPresent(nodes)).readToEnd());
  }

  private static Optional<JsonNode> parsed(String line) {
    try {
      return line.startsWith("{") ? Optional.of(JSON.readTree(line)) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private void ask(List<String> command, ResticProcess.OutputReader out)
      throws RepositoryUnreadable {
    ask(command, out, this::stop);
  }

  /** A list that never comes would keep what waits for it, and its place among the backups. */
  private StopReason listLimit() {
    StopReason tooLong = StopReason.after(LIST_LIMIT);
    return () -> stop().or(tooLong::now);
  }

  private void ask(List<String> command, ResticProcess.OutputReader out, StopReason stop)
      throws RepositoryUnreadable {
    Redaction redaction = repository.redaction();
    long begin = System.nanoTime();
    while (true) {
      WholeAnswer answer = new WholeAnswer(out);
      BoundedText errors = new BoundedText(4096, 4096);
      Attempts attempts = new Attempts(redaction, troubles);
      ExitMeaning meaning;
      try {
        ResticProcess.Ended ended =
            restic.stream(
                repository,
                Optional.empty(),
                command,
                stop,
                _ -> {},
                answer,
                line -> {
                  errors.add(
                      MessageParser.parse(line)
                              instanceof ResticMessage.ExitError(int _, String said)
                          ? said
                          : line);
                  attempts.line(line);
                });
        meaning =
            ended.stoppedBy().orElseGet(() -> ExitMeaning.of(ended.exitCode(), errors.text()));
      } catch (IOException e) {
        throw unreadable(ExitMeaning.NOT_STARTED, String.valueOf(e.getMessage()));
      }
      switch (meaning) {
        case COMPLETE -> {
          answer.check(command.getFirst());
          return;
        }
        case LOCKED -> again(begin, errors.text());
        default -> throw unreadable(meaning, redaction.redact(errors.text()));
      }
    }
  }

  private Optional<ExitMeaning> stop() {
    return cancellation.isCancelled() ? Optional.of(ExitMeaning.CANCELLED) : Optional.empty();
  }

  /** Pauses before the next attempt; restic itself waits for a lock since 0.16. */
  private void again(long begin, String errors) throws RepositoryUnreadable {
    if (restic.waitsForLocks()
        || System.nanoTime() - begin > RETRY_LOCK.toNanos()
        || !Restic.paused(cancellation)) {
      throw unreadable(ExitMeaning.LOCKED, errors);
    }
  }

  private RepositoryUnreadable unreadable(ExitMeaning meaning, String errors) {
    if (cancellation.isCancelled()) {
      return new RepositoryUnreadable(ExitMeaning.CANCELLED, "cancelled", "");
    }
    RepositoryProbe probe = Probes.of(repository, meaning, errors);
    return new RepositoryUnreadable(
        meaning,
        probe.message(),
        meaning == ExitMeaning.LOCKED
            ? "Wait for it; if nobody holds the lock, --no-lock reads the repository all the same."
            : probe.remedy());
  }
}
