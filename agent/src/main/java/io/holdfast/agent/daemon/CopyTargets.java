package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.maintenance.CopyBook;
import io.holdfast.agent.maintenance.CopyBook.TargetRow;
import io.holdfast.agent.maintenance.CopyTarget;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.maintenance.Kind;
import io.holdfast.agent.maintenance.Leases;
import io.holdfast.agent.maintenance.RepositoryIds;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryProbe;
import io.holdfast.agent.restic.RepositoryWork;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.WorkReport;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.Verdict;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.sync.TargetSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes of the rows of {@code copy_targets} places to work at, as far as this machine can. */
public final class CopyTargets {

  private static final Logger log = LoggerFactory.getLogger(CopyTargets.class);

  /** Longer than it may take to make a repository. */
  private static final Duration INIT_LEASE = Duration.ofMinutes(15);

  private static final Repository NONE =
      new Repository(new Secret(""), new Secret(""), Optional.empty(), Map.of());

  private final CopyBook book;
  private final Leases leases;
  private final RepositoryIds ids;
  private final SecretSource secrets;
  private final Policy policy;

  CopyTargets(
      CopyBook book, Leases leases, RepositoryIds ids, SecretSource secrets, Policy policy) {
    this.book = book;
    this.leases = leases;
    this.ids = ids;
    this.secrets = secrets;
    this.policy = policy;
  }

  public List<TargetRow> all() throws ControlPlaneException {
    return book.targets();
  }

  /**
   * Where the work is done, or why it cannot be.
   *
   * @param ofDevice complete: from its repository the copies are made
   * @param mayInitialise whether it is for copies, for which alone a repository may be made
   * @throws ControlPlaneException if the control plane cannot be asked or told
   * @throws InterruptedException if the thread was interrupted
   */
  Workplace place(TargetRow row, Restic restic, Settings ofDevice, boolean mayInitialise)
      throws ControlPlaneException, InterruptedException {
    Repository source = RepositoryAccess.of(ofDevice);
    Optional<String> sourceId = ids.of(restic, source);
    TargetSettings read = TargetSettings.read(ofDevice, row.values(), secrets, policy);
    Optional<Verdict> unusable = unusable(row, read);
    if (unusable.isPresent()) {
      return new Workplace(
          restic,
          NONE,
          row.repositoryId().orElse(CopyTarget.provisionalId(row.name())),
          ofDevice,
          Optional.of(new CopyTarget(row.name(), source, sourceId, unusable)));
    }
    Repository repository = RepositoryAccess.of(read.settings());
    Optional<String> id = ids.of(restic, repository);
    Optional<Verdict> notMade = Optional.empty();
    if (id.isEmpty() && row.autoInit() && mayInitialise && sourceId.isPresent()) {
      notMade = initialise(row, restic, repository, source);
      id = ids.of(restic, repository);
    }
    if (id.isPresent() && !id.equals(row.repositoryId()) && !id.equals(sourceId)) {
      book.found(row.name(), id.get());
    }
    return new Workplace(
        restic,
        repository,
        id.or(row::repositoryId).orElse(CopyTarget.provisionalId(row.name())),
        read.settings(),
        Optional.of(new CopyTarget(row.name(), source, sourceId, notMade)));
  }

  private static Optional<Verdict> unusable(TargetRow row, TargetSettings read) {
    String of = "copy target \"" + row.name() + "\": ";
    return read.problems().stream()
        .findFirst()
        .map(problem -> Verdict.failed("target-invalid", of + problem.message(), problem.remedy()))
        .or(() ->
            RepositoryAccess.missing(read.settings())
                .map(missing ->
                    Verdict.failed(
                        "target-invalid",
                        of + missing.sentence(),
                        "Correct the row of copy_targets.")));
  }

  /** Two that did so at the same moment would destroy it: one has the lease on its name. */
  private Optional<Verdict> initialise(
      TargetRow row, Restic restic, Repository repository, Repository source)
      throws ControlPlaneException, InterruptedException {
    String key = CopyTarget.provisionalId(row.name());
    OptionalLong token = leases.take(key, Kind.COPY.word(), UUID.randomUUID(), INIT_LEASE);
    if (token.isEmpty()) {
      return Optional.empty();
    }
    try {
      if (!repository.contradictions(source).isEmpty()
          || restic.probe(repository).state() != RepositoryProbe.State.MISSING) {
        return Optional.empty();
      }
      log.info(
          "copy target \"{}\" does not exist yet, and auto_init allows to make it", row.name());
      WorkReport made =
          new RepositoryWork(restic, repository, new Cancellation(), Duration.ZERO, _ -> {})
              .from(source)
              .initialise();
      return made.complete()
          ? Optional.empty()
          : Optional.of(
              Verdict.failed(
                  "target-init-failed",
                  "copy target \""
                      + row.name()
                      + "\": the repository could not be made: "
                      + made.reason(),
                  "Check copy_targets.repository_url, the storage and its credentials."));
    } finally {
      leases.release(key, token.getAsLong());
    }
  }
}
