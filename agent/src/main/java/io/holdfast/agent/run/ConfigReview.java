package io.holdfast.agent.run;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.restic.ArgumentCheck;
import io.holdfast.agent.restic.BackupArguments;
import io.holdfast.agent.restic.CacheDirectory;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.ResticVersion;
import io.holdfast.agent.schedule.JobPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What would keep the jobs from running, found before any is due. */
public final class ConfigReview {

  private final ResticProvider provider;
  private final ControlPlaneDump dump;

  public ConfigReview(ResticProvider provider, ControlPlaneDump dump) {
    this.provider = provider;
    this.dump = dump;
  }

  /** The problems of restic, of the repository's settings and of the jobs' arguments. */
  public List<Problem> problems(List<JobPlan> plans, Settings settings) {
    List<Problem> problems = new ArrayList<>();
    RepositoryAccess.missing(settings)
        .ifPresent(verdict ->
            problems.add(Problem.ofDevice(verdict.code(), verdict.sentence(), verdict.remedy())));
    try {
      Restic restic = provider.get();
      tier(restic.version()).ifPresent(problems::add);
    } catch (ResticUnavailable e) {
      problems.add(Problem.ofDevice(e.code(), e.getMessage(), e.remedy()));
    }
    settings.repositoryCacheDir().flatMap(ConfigReview::cache).ifPresent(problems::add);
    problems.addAll(jobProblems(plans));
    return problems;
  }

  /**
   * The problems of the jobs alone: of their arguments, if there is a restic to give them to, and
   * of what they need besides.
   */
  public List<Problem> jobProblems(List<JobPlan> plans) {
    List<Problem> problems = new ArrayList<>();
    plans.forEach(plan -> dump(plan.job()).ifPresent(problems::add));
    try {
      ResticVersion version = provider.get().version();
      plans.forEach(plan -> arguments(plan.job(), version, problems));
    } catch (ResticUnavailable e) {
      // Told as a problem of the device.
    }
    return problems;
  }

  private static Optional<Problem> tier(ResticVersion version) {
    return switch (version.tier()) {
      case RECOMMENDED, FULL, UNSUPPORTED -> Optional.empty();
      case DEGRADED ->
          Optional.of(
              Problem.ofDevice(
                      "restic-old",
                      "restic " + version + " on this machine gives less than full service",
                      "Install restic 0.18 or newer, at least 0.17.1; docs/restic.md says what is missing"
                          + " before.")
                  .asWarning());
    };
  }

  private static Optional<Problem> cache(String directory) {
    return CacheDirectory.obstacle(directory)
        .map(why ->
            Problem.ofSetting(
                    "cache-unusable",
                    "repository_cache_dir",
                    "restic's cache cannot be kept in "
                        + directory
                        + ", as the setting repository_cache_dir says: "
                        + why
                        + "; backups go on and are slower",
                    "Correct the setting, or delete it: the agent has a place of its own.")
                .asWarning());
  }

  private Optional<Problem> dump(Job job) {
    return switch (job.kind()) {
      case FILES -> Optional.empty();
      case CONTROL_PLANE ->
          dump.obstacle()
              .map(obstacle ->
                  Problem.ofJob(
                      obstacle.code(),
                      job.id(),
                      job.name(),
                      "job \"" + job.name() + "\" cannot run: " + obstacle.sentence(),
                      obstacle.remedy()));
    };
  }

  private static void arguments(Job job, ResticVersion version, List<Problem> problems) {
    if (BackupArguments.check(job.resticArgs(), version)
        instanceof ArgumentCheck.Refused(String message, String remedy)) {
      problems.add(
          Problem.ofJob(
              "restic-args-invalid",
              job.id(),
              job.name(),
              "job \"" + job.name() + "\" cannot run: " + message,
              remedy));
    }
  }
}
