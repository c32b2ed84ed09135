package io.holdfast.agent.maintenance;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Kernel;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryWork;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.WorkReport;
import io.holdfast.agent.run.HousekeepingRun;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.Verdict;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does to a repository what is due there: takes the lease, waits for the backups to end, and writes
 * down what came of it.
 */
public final class Housekeeper {

  private static final Logger log = LoggerFactory.getLogger(Housekeeper.class);

  /** While we wait for a lock to go, no backup begins. */
  private static final Duration LOCK_PATIENCE = Duration.ofMinutes(1);

  private final HousekeepingBook book;
  private final Leases leases;
  private final StaleLocks staleLocks;
  private final Copying copying;
  private final RunJournal journal;
  private final String deviceId;
  private final Clock clock;
  private final RandomGenerator random;

  public Housekeeper(
      HousekeepingBook book,
      Leases leases,
      StaleLocks staleLocks,
      Copying copying,
      RunJournal journal,
      String deviceId,
      Clock clock,
      RandomGenerator random) {
    this.book = book;
    this.leases = leases;
    this.staleLocks = staleLocks;
    this.copying = copying;
    this.journal = journal;
    this.deviceId = deviceId;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Where the work is done, and with what.
   *
   * @param target which copy target it is, if it is one
   */
  public record Workplace(
      Restic restic,
      Repository repository,
      String repositoryId,
      Settings settings,
      Optional<CopyTarget> target) {

    /** The settings must be complete. */
    public static Workplace of(Restic restic, Settings settings, String repositoryId) {
      return new Workplace(
          restic, RepositoryAccess.of(settings), repositoryId, settings, Optional.empty());
    }

    Optional<String> targetName() {
      return target.map(CopyTarget::name);
    }
  }

  /** What is to be done, which row of {@code housekeeping} says so, and to which job alone. */
  private record Order(
      Kind kind, Optional<Task> task, Optional<RetentionWork> job, int part, int parts) {
    static Order of(Task task) {
      return new Order(task.kind(), Optional.of(task), Optional.empty(), task.part(), task.parts());
    }

    static Order now(Kind kind, Optional<RetentionWork> job) {
      return new Order(kind, Optional.empty(), job, 1, 1);
    }
  }

  /**
   * Does all that is due.
   *
   * @return the next moment at which something is; empty if nothing ever is
   * @throws ControlPlaneException if the control plane cannot be asked: nothing is done without it
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<Instant> look(Workplace place, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    for (Task task : due(place)) {
      if (cancellation.isCancelled()) {
        break;
      }
      carryOut(place, Order.of(task), cancellation);
    }
    return next(place.repositoryId(), place.targetName());
  }

  private Optional<Instant> next(String repositoryId, Optional<String> target)
      throws ControlPlaneException {
    return book.tasks(repositoryId, target).stream()
        .flatMap(task -> task.dueAt().stream())
        .min(Instant::compareTo);
  }

  /**
   * When something is to be done next in a copy target; empty if never.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  public Optional<Instant> nextIn(String target) throws ControlPlaneException {
    return next(CopyTarget.provisionalId(target), Optional.of(target));
  }

  /**
   * What is to be done now in a copy target.
   *
   * @throws ControlPlaneException if the control plane cannot be asked
   */
  public Set<Kind> dueIn(String target) throws ControlPlaneException {
    Instant now = clock.instant();
    return book.tasks(CopyTarget.provisionalId(target), Optional.of(target)).stream()
        .filter(task -> isDue(task, now))
        .map(Task::kind)
        .collect(Collectors.toSet());
  }

  /**
   * Does one thing now, whatever the schedules say.
   *
   * @return how it ended; empty if another housekeeper has the repository
   * @throws ControlPlaneException if the control plane cannot be asked, or this is no housekeeper
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<HousekeepingEnded> doNow(Workplace place, Kind kind, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    return carryOut(place, Order.now(kind, Optional.empty()), cancellation);
  }

  /**
   * Applies the retention policy of one job now.
   *
   * @return how it ended; empty if another housekeeper has the repository
   * @throws ControlPlaneException if the control plane cannot be asked, or this is no housekeeper
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<HousekeepingEnded> forgetNow(
      Workplace place, RetentionWork job, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    return carryOut(place, Order.now(Kind.FORGET, Optional.of(job)), cancellation);
  }

  /**
   * Reads one part of all data now: the one whose turn it is.
   *
   * @param parts so many turns read all; empty for as many as the row of {@code housekeeping} says,
   *     and for a single one if there is no such row
   * @return how it ended; empty if another housekeeper has the repository
   * @throws ControlPlaneException if the control plane cannot be asked, or this is no housekeeper
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<HousekeepingEnded> checkDataNow(
      Workplace place, OptionalInt parts, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    Optional<Task> row =
        book.tasks(place.repositoryId(), place.targetName()).stream()
            .filter(task -> task.kind() == Kind.CHECK_DATA)
            .findFirst();
    int wanted = parts.orElseGet(() -> row.map(Task::parts).orElse(1));
    int part = row.flatMap(Task::lastPart).orElse(0) % wanted + 1;
    return carryOut(
        place,
        new Order(Kind.CHECK_DATA, Optional.empty(), Optional.empty(), part, wanted),
        cancellation);
  }

  private List<Task> due(Workplace place) throws ControlPlaneException {
    Instant now = clock.instant();
    return book.tasks(place.repositoryId(), place.targetName()).stream()
        .filter(task -> isDue(task, now))
        .sorted((one, other) -> one.kind().compareTo(other.kind()))
        .toList();
  }

  private static boolean isDue(Task task, Instant now) {
    return task.dueAt().filter(at -> !at.isAfter(now)).isPresent();
  }

  private Optional<HousekeepingEnded> carryOut(Workplace place, Order order, Cancellation outer)
      throws ControlPlaneException, InterruptedException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    UUID run = RunId.at(now, random).value();
    // Its own, so that a lost lease ends this and nothing else.
    Cancellation cancellation = outer.or(Optional::empty);
    Optional<HeldLease> taken =
        HeldLease.take(
            leases,
            place.repositoryId(),
            order.kind().word(),
            run,
            place.settings().housekeeping().lease(),
            cancellation);
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    try (HeldLease lease = taken.get()) {
      if (order.task().isPresent() && !isStillDue(place, order.task().get())) {
        // Another was quicker.
        return Optional.empty();
      }
      HousekeepingRun begun =
          new HousekeepingRun(
              run,
              order.kind().word(),
              place.repositoryId(),
              deviceId,
              place.targetName(),
              order.task().map(Task::id),
              lease.token(),
              now);
      book.begun(begun);
      log.info("housekeeping begins: {}", begun.kind());
      return Optional.of(written(begun, done(place, order, lease, run, cancellation)));
    }
  }

  private boolean isStillDue(Workplace place, Task task) throws ControlPlaneException {
    return book.tasks(place.repositoryId(), place.targetName()).stream()
        .anyMatch(now -> now.id() == task.id() && isDue(now, clock.instant()));
  }

  private Done done(
      Workplace place, Order order, HeldLease lease, UUID run, Cancellation cancellation) {
    try {
      Duration patience = place.settings().housekeeping().patience();
      Optional<Verdict> shut = Copying.whyShut(place, order.kind());
      if (shut.isPresent()) {
        return Done.of(shut.get());
      }
      if (order.kind() == Kind.COPY) {
        staleLocks.look(place.restic(), place.repository(), place.repositoryId());
      } else if (order.kind() != Kind.CATALOGUE) {
        if (!lease.alone(
            patience,
            () -> staleLocks.look(place.restic(), place.repository(), place.repositoryId()))) {
          return Done.of(
              cancellation.isCancelled() ? Done.cancelled(cancellation) : Retention.keptOut());
        }
        Optional<Verdict> locked =
            staleLocks.clear(
                place.restic(),
                place.repository(),
                place.repositoryId(),
                cancellation,
                LOCK_PATIENCE);
        if (locked.isPresent()) {
          return Done.of(locked.get());
        }
      }
      RepositoryWork work =
          new RepositoryWork(
              place.restic(),
              place.repository(),
              cancellation,
              LOCK_PATIENCE,
              process -> tell(run, process));
      return worked(place, order, work, lease, cancellation);
    } catch (ControlPlaneException e) {
      return Done.of(Verdict.failed("control-plane", e.problem().message(), e.problem().remedy()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Done.of(Done.cancelled(cancellation));
    } catch (RuntimeException e) {
      // A bug must not leave the row open, to be tried again at once for ever.
      log.error("housekeeping broke: {}", order.kind().word(), e);
      return Done.of(
          Verdict.failed(
              "agent-error",
              "the agent itself failed: " + e.getClass().getSimpleName(),
              "Look at the agent's log and report it as a bug."));
    }
  }

  private Done worked(
      Workplace place, Order order, RepositoryWork work, HeldLease lease, Cancellation cancellation)
      throws ControlPlaneException, InterruptedException {
    return switch (order.kind()) {
      case UNLOCK -> Done.success(Optional.empty(), Map.of());
      case COPY -> copying.copy(place, work, cancellation);
      case FORGET -> {
        // First: the policies are applied to what the list has shown to be there.
        Catalogue.Listed listed = listed(place, work, cancellation);
        yield listed.report().complete()
            ? new Retention(
                    book, place.repositoryId(), place.settings().housekeeping().patience(), clock)
                .apply(jobs(place, order), work, lease, cancellation)
            : Done.of(order.kind(), listed.report(), cancellation, listed.statistics());
      }
      case PRUNE -> Done.of(order.kind(), work.prune(), cancellation, Map.of());
      case CHECK -> Done.of(order.kind(), work.check(), cancellation, Map.of());
      case CHECK_DATA ->
          Done.of(
              order.kind(),
              work.checkData(order.part(), order.parts()),
              cancellation,
              Map.of("part", order.part(), "parts", order.parts()));
      case CATALOGUE -> {
        Catalogue.Listed listed = listed(place, work, cancellation);
        yield Done.of(order.kind(), listed.report(), cancellation, listed.statistics());
      }
    };
  }

  private Catalogue.Listed listed(Workplace place, RepositoryWork work, Cancellation cancellation)
      throws ControlPlaneException {
    Catalogue.Listed listed = new Catalogue(book, place.repositoryId()).list(work);
    if (listed.report().complete()) {
      new KeyList(book).look(place, cancellation);
    }
    return listed;
  }

  private List<RetentionWork> jobs(Workplace place, Order order) throws ControlPlaneException {
    return order.job().isPresent()
        ? List.of(order.job().get())
        : book.retention(place.repositoryId(), place.targetName());
  }

  private void tell(UUID run, ProcessIdentity process) {
    try {
      book.process(run, process, Kernel.here());
    } catch (ControlPlaneException e) {
      log.debug("which process it is could not be told: {}", e.getMessage());
    }
  }

  private HousekeepingEnded written(HousekeepingRun run, Done done) {
    // A file that is written by a thread whose flag is up is closed under it.
    boolean interrupted =
        Thread.interrupted() || done.report().filter(WorkReport::interrupted).isPresent();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Map<String, Object> statistics = new LinkedHashMap<>(done.statistics());
    done.report().ifPresent(report -> statistics.put("seconds", report.duration().toSeconds()));
    HousekeepingEnded ended =
        new HousekeepingEnded(
            run,
            now.isBefore(run.startedAt()) ? run.startedAt() : now,
            done.verdict(),
            done.report().flatMap(Housekeeper::exitCode),
            statistics,
            done.report().map(WorkReport::output).orElse(""),
            done.report().map(WorkReport::errors).orElse(""));
    journal.ended(ended);
    log.info(
        "housekeeping ended: {}: {} {}",
        run.kind(),
        done.verdict().outcome().word(),
        done.verdict().sentence());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return ended;
  }

  private static Optional<Integer> exitCode(WorkReport report) {
    return report.exitCode().isPresent()
        ? Optional.of(report.exitCode().getAsInt())
        : Optional.empty();
  }
}
