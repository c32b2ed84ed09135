package io.holdfast.agent.daemon;

import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.postgres.DeviceReports;
import io.holdfast.agent.postgres.DeviceReports.DeviceLine;
import io.holdfast.agent.postgres.DeviceReports.JobLine;
import io.holdfast.agent.postgres.DeviceReports.ProblemLine;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.sync.ConfigSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * How this machine stands, put together from the control plane, as far as it can be reached, and
 * from what the daemon left in its state directory.
 *
 * @param database its address, without any secret
 * @param connected whether the control plane answered just now
 * @param lastSyncAt the daemon's last sync; without a daemon the control plane's last word of the
 *     device
 * @param spoolWaiting run records on disk that the control plane does not have yet
 * @param spoolRefused run records that the control plane will never take
 * @param attention whether somebody should look: a problem, a run that did not succeed, no daemon
 */
public record StatusReport(
    String deviceId,
    String deviceName,
    boolean enabled,
    boolean registered,
    String database,
    boolean connected,
    boolean daemonRuns,
    Optional<Long> daemonPid,
    Optional<Instant> lastSyncAt,
    Optional<String> restic,
    List<JobLine> jobs,
    List<NextRun> lastKnownNextRuns,
    List<Notice> problems,
    int spoolWaiting,
    int spoolRefused,
    boolean attention) {

  public StatusReport {
    jobs = List.copyOf(jobs);
    lastKnownNextRuns = List.copyOf(lastKnownNextRuns);
    problems = List.copyOf(problems);
  }

  /** What the control plane said, or why it said nothing. */
  private record Answer(
      Optional<DeviceLine> device,
      List<JobLine> jobs,
      List<ProblemLine> problems,
      Optional<Notice> failure) {}

  private record ResticAnswer(Optional<String> version, Optional<Notice> failure) {}

  /** Looks at everything once; at this machine while the control plane answers. */
  public static StatusReport of(AgentParts parts) {
    CompletableFuture<ResticAnswer> asked = meanwhile("restic-version", () -> askRestic(parts));
    CompletableFuture<Optional<LocalStatus>> left =
        meanwhile("local-status", () -> LocalStatus.read(parts.config().stateDirectory()));
    Answer answer = ask(new DeviceReports(parts.database(), parts.config().deviceId()));
    Optional<LocalStatus> local = left.join();
    boolean daemonRuns = parts.locks().daemonRuns();
    List<Notice> problems = new ArrayList<>();
    answer
        .failure()
        .map(own -> local.filter(_ -> daemonRuns).flatMap(StatusReport::retired).orElse(own))
        .ifPresent(problems::add);
    if (!daemonRuns) {
      problems.add(
          Notice.of(
              Problem.ofDevice(
                  "daemon-not-running",
                  "the daemon does not run on this machine, so nothing is backed up by schedule",
                  "Start the service, or run 'holdfast daemon'.")));
    }
    Machine.zoneProblem().map(Notice::of).ifPresent(problems::add);
    ResticAnswer restic = asked.join();
    restic.failure().ifPresent(problems::add);
    if (answer.failure().isPresent()) {
      local.ifPresent(status -> problems.addAll(status.problems()));
    } else {
      answer.problems().stream()
          .map(line ->
              new Notice(
                  line.subject(), line.code(), line.severity(), line.message(), line.remedy()))
          .forEach(problems::add);
    }
    int refused = parts.spool().refused();
    return new StatusReport(
        parts.config().deviceId(),
        answer.device().map(DeviceLine::name).orElseGet(() -> syncedName(parts)),
        answer
            .device()
            .map(DeviceLine::enabled)
            .or(() -> local.flatMap(LocalStatus::deviceEnabled))
            .orElse(true),
        answer.device().isPresent(),
        parts.config().database().display(),
        answer.failure().isEmpty(),
        daemonRuns,
        daemonRuns ? local.map(LocalStatus::pid) : Optional.empty(),
        local
            .flatMap(LocalStatus::lastSyncAt)
            .or(() -> answer.device().flatMap(DeviceLine::lastSeen)),
        restic.version(),
        answer.jobs(),
        answer.failure().isPresent() ? local.map(LocalStatus::jobs).orElse(List.of()) : List.of(),
        withoutRepeats(problems),
        parts.spool().waiting().size(),
        refused,
        problems.stream().anyMatch(problem -> !problem.isWarning())
            || refused > 0
            || answer.jobs().stream().anyMatch(StatusReport::endedBadly));
  }

  /** Its login is closed soon after, and then only the daemon still knows why. */
  private static Optional<Notice> retired(LocalStatus daemons) {
    return daemons.syncFailure().filter(told -> told.code().equals(ConfigSource.RETIRED));
  }

  /** What the control plane called it last: the configuration file may be older. */
  private static String syncedName(AgentParts parts) {
    return parts
        .configCache()
        .load()
        .map(cached -> cached.rows().device().name())
        .orElse(parts.config().deviceName());
  }

  private static <T> CompletableFuture<T> meanwhile(String thread, Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, task -> new Thread(task, thread).start());
  }

  /** Each once. By what they say: the JVM takes its time to make up how to compare records. */
  private static List<Notice> withoutRepeats(List<Notice> notices) {
    Map<List<String>, Notice> once = new LinkedHashMap<>();
    for (Notice it : notices) {
      once.putIfAbsent(
          List.of(it.subject(), it.code(), it.severity(), it.message(), it.remedy()), it);
    }
    return List.copyOf(once.values());
  }

  private static ResticAnswer askRestic(AgentParts parts) {
    try {
      return new ResticAnswer(
          Optional.of(parts.restic().get().version().toString()), Optional.empty());
    } catch (ResticUnavailable e) {
      Problem problem = Problem.ofDevice(e.code(), e.getMessage(), e.remedy());
      return new ResticAnswer(Optional.empty(), Optional.of(Notice.of(problem)));
    }
  }

  private static boolean endedBadly(JobLine job) {
    return job.jobEnabled()
        && job.lastRunOutcome().filter(o -> o.equals("failed") || o.equals("partial")).isPresent();
  }

  private static Answer ask(DeviceReports reports) {
    try {
      return new Answer(reports.device(), reports.jobs(), reports.problems(), Optional.empty());
    } catch (ControlPlaneException e) {
      return new Answer(
          Optional.empty(), List.of(), List.of(), Optional.of(Notice.of(e.problem())));
    }
  }
}
