package io.holdfast.agent.daemon;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.JobKind;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.postgres.GrantedBeyond;
import io.holdfast.agent.postgres.SchemaCheck;
import io.holdfast.agent.postgres.ServerTls;
import io.holdfast.agent.restic.RepositoryProbe;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.ResticVersion.Tier;
import io.holdfast.agent.run.RepositoryCheck;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.ConfigCache.Cached;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.DeviceConfig;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks at all that a backup needs and says what to do about what it finds. Changes nothing, and
 * leaves a heartbeat.
 */
public final class Doctor {

  private final AgentParts parts;
  private final List<Finding> findings = new ArrayList<>();

  public Doctor(AgentParts parts) {
    this.parts = parts;
  }

  /** How bad it is. */
  public enum Grade {
    OK,
    WARNING,
    ERROR
  }

  /**
   * What was found.
   *
   * @param check what was looked at
   * @param message what was found there
   * @param remedy what to do; empty if nothing is to be done
   */
  public record Finding(String check, Grade grade, String message, String remedy) {}

  /** Looks at everything, in the order in which a backup needs it. */
  public List<Finding> examine() throws InterruptedException {
    configuration();
    zone();
    Optional<ConfigRows> rows = controlPlane();
    Optional<Restic> restic = restic();
    if (rows.isPresent()) {
      clock(rows.get().server().time());
      DeviceConfig config = parts.deviceConfig(rows.get());
      device(config);
      work(restic, config);
    } else {
      Optional<Cached> cached = parts.configCache().load();
      if (cached.isPresent()) {
        add(
            "configuration",
            Grade.WARNING,
            "what follows goes by the configuration that was synced at " + cached.get().syncedAt(),
            "");
        work(restic, parts.deviceConfig(cached.get().rows()));
      }
    }
    daemon();
    return List.copyOf(findings);
  }

  /** What backups need besides the control plane. */
  private void work(Optional<Restic> restic, DeviceConfig config) throws InterruptedException {
    if (restic.isPresent()) {
      repository(restic.get(), config);
    }
    jobs(config);
  }

  private void add(String check, Grade grade, String message, String remedy) {
    findings.add(new Finding(check, grade, message, remedy));
  }

  private void ok(String check, String message) {
    add(check, Grade.OK, message, "");
  }

  private void error(String check, Problem problem) {
    add(
        check,
        problem.severity() == Problem.Severity.ERROR ? Grade.ERROR : Grade.WARNING,
        problem.message(),
        problem.remedy());
  }

  private void configuration() {
    if (parts.config().warnings().isEmpty()) {
      ok("configuration", parts.config().file() + " is in order");
    }
    parts.config().warnings().forEach(w -> add("configuration", Grade.WARNING, w, ""));
  }

  private void zone() {
    Machine.zoneProblem()
        .ifPresentOrElse(
            problem -> error("time zone", problem),
            () -> ok("time zone", ZoneId.systemDefault() + "; schedules that name none follow it"));
  }

  private Optional<ConfigRows> controlPlane() {
    try {
      int schema = SchemaCheck.require(parts.database());
      ok("database", parts.config().database().display() + " answers");
      tls(parts.config().database(), ServerTls.of(parts.database()));
      ok("schema", "version " + schema + " fits this agent");
      ConfigRows rows = parts.configSource().sync(parts.heartbeat());
      grants(GrantedBeyond.of(parts.database()));
      SyncTurn.shared(rows.server()).ifPresent(problem -> error("device", problem));
      return Optional.of(rows);
    } catch (ControlPlaneException e) {
      error(e.problem().code().startsWith("schema") ? "schema" : "database", e.problem());
      return Optional.empty();
    }
  }

  private void grants(List<String> beyond) {
    beyond.forEach(sentence ->
        add(
            "grants",
            Grade.WARNING,
            sentence,
            "An admin takes it back: SELECT holdfast.take_back_granted(); docs/security.md says"
                + " what to grant instead."));
  }

  /** What we demand, and what the server says of this very connection. */
  private void tls(DatabaseAddress address, ServerTls seen) {
    Optional<String> gap = address.gap();
    String encrypted =
        seen.cipher().orElse("no TLS")
            + seen.client().map(name -> ", and has seen our certificate, " + name).orElse("");
    if (gap.isPresent()) {
      add(
          "tls",
          Grade.WARNING,
          gap.get() + "; the server sees " + encrypted,
          LocalConfig.remedyForGap("database.url"));
    } else if (address.isLocal()) {
      ok("tls", "the connection does not leave this machine; the server sees " + encrypted);
    } else if (seen.cipher().isEmpty()) {
      add(
          "tls",
          Grade.WARNING,
          "the way to the next host is encrypted, but the server itself sees no TLS",
          "Something is between, such as PgBouncer: have it speak TLS with the server too.");
    } else {
      ok("tls", "the server has proved its name by a certificate; it sees " + encrypted);
    }
  }

  private void clock(Instant serverTime) {
    ClockSkew skew = ClockSkew.between(serverTime, parts.clock().instant());
    if (!skew.isTolerable()) {
      add(
          "clock",
          Grade.ERROR,
          "this machine's clock is "
              + skew.ahead().abs().toSeconds()
              + " s "
              + skew.direction()
              + " the database's",
          "Let both follow a time server.");
    } else {
      ok("clock", "within " + ClockSkew.TOLERANCE.toMinutes() + " minutes of the database's");
    }
  }

  private void device(DeviceConfig config) {
    if (config.device().enabled()) {
      ok("device", "\"" + config.device().name() + "\" is enabled");
    } else {
      add(
          "device",
          Grade.WARNING,
          "an admin has paused this device: nothing is backed up by schedule",
          "Ask for: UPDATE devices SET enabled = true WHERE id = '" + config.device().id() + "'.");
    }
  }

  private Optional<Restic> restic() {
    try {
      Restic restic = parts.restic().get();
      if (restic.version().tier() == Tier.DEGRADED) {
        add(
            "restic",
            Grade.WARNING,
            restic.path() + " is version " + restic.version() + " and gives less than full service",
            "'holdfast restic install' fetches one, or install restic 0.18 or newer yourself, at least"
                + " 0.17.1; docs/restic.md says what is missing before.");
      } else {
        ok("restic", restic.path() + " is version " + restic.version());
      }
      return Optional.of(restic);
    } catch (ResticUnavailable e) {
      add("restic", Grade.ERROR, e.getMessage(), e.remedy());
      return Optional.empty();
    }
  }

  private void repository(Restic restic, DeviceConfig config) throws InterruptedException {
    RepositoryCheck.Result result = RepositoryCheck.of(restic, config.settings());
    if (result.state() == RepositoryProbe.State.OPEN) {
      ok("repository", "it opens with the password of this device");
    } else if (result.state() == RepositoryProbe.State.MISSING
        && config.settings().repositoryAutoInit()) {
      add("repository", Grade.WARNING, result.message(), "The first backup will make it.");
    } else {
      add("repository", Grade.ERROR, result.message(), result.remedy());
    }
  }

  private void jobs(DeviceConfig config) {
    config.problems().forEach(problem -> error(problem.subject(), problem));
    parts
        .review()
        .jobProblems(config.plans())
        .forEach(problem -> error(problem.subject(), problem));
    if (config.plans().isEmpty()) {
      add(
          "jobs",
          Grade.WARNING,
          "this device has no job that could run",
          "An admin adds jobs to backup_jobs.");
    }
    config.plans().forEach(this::job);
  }

  private void job(JobPlan plan) {
    String check = "job " + plan.job().name();
    int before = findings.size();
    for (String source : plan.job().sourcePaths()) {
      Path path = Path.of(source);
      if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
        add(
            check,
            Grade.ERROR,
            "the source path " + source + " does not exist",
            "Correct source_paths, or mount what is missing.");
      } else if (!Files.isReadable(path)) {
        add(
            check,
            Grade.ERROR,
            "the source path " + source + " cannot be read by the agent",
            "Run the agent as a user that may.");
      }
    }
    if (plan.schedules().isEmpty()) {
      add(
          check,
          Grade.WARNING,
          "it has no schedule in force, so it only runs by hand",
          "Add a row to schedules.");
    }
    if (findings.size() == before) {
      ok(
          check,
          plan.job().kind() == JobKind.FILES
              ? "its source paths can be read"
              : "it is of the kind " + plan.job().kind().word());
    }
  }

  private void daemon() {
    if (parts.locks().daemonRuns()) {
      ok("daemon", "it runs");
    } else {
      add(
          "daemon",
          Grade.WARNING,
          "the daemon does not run, so nothing is backed up by schedule",
          "Start the service, or run 'holdfast daemon'.");
    }
    int waiting = parts.spool().waiting().size();
    if (waiting > 0) {
      add(
          "spool",
          Grade.WARNING,
          waiting + " run records wait for the control plane",
          "They are delivered as soon as it can be reached.");
    }
    if (parts.spool().refused() > 0) {
      add(
          "spool",
          Grade.ERROR,
          parts.spool().refused() + " run records were refused",
          "Look into the folder spool/refused of the state directory.");
    }
  }
}
