package io.holdfast.agent.sync;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Settings;
import java.util.List;
import java.util.Optional;

/** Leaves out what the machine's own policy does not allow, and says by which line of it. */
final class PolicyCheck {

  private static final String CODE = "policy-refused";
  private static final String REMEDY =
      "Change the row, or the policy in the configuration file of the machine itself.";

  private final Policy policy;
  private final List<Problem> problems;

  PolicyCheck(Policy policy, List<Problem> problems) {
    this.policy = policy;
    this.problems = problems;
  }

  /** Whether the machine allows the job. */
  boolean allows(Job job) {
    if (!policy.allows(job.kind())) {
      problems.add(
          Problem.ofJob(
              "control-plane-dump-missing",
              job.id(),
              job.name(),
              "job \""
                  + job.name()
                  + "\" dumps the control plane, and the configuration file of this machine has no"
                  + " section control_plane_dump that says how",
              "Add to that file 'control_plane_dump:' with 'url' and 'password_file' below it, and"
                  + " restart the daemon; docs/configuration.md describes it."));
      return false;
    }
    Optional<String> forbiddenPath = policy.forbiddenPath(job);
    forbiddenPath.ifPresent(path ->
        refuse(
            job,
            "has the source path \"" + path + "\", which policy.source_roots does not allow",
            policy.sourceRoots()));
    Optional<String> forbiddenArgument = policy.forbiddenArgument(job);
    forbiddenArgument.ifPresent(argument ->
        refuse(
            job,
            "has \"" + argument + "\" in restic_args, which policy.restic_args does not allow",
            policy.resticArgs()));
    return forbiddenPath.isEmpty() && forbiddenArgument.isEmpty();
  }

  private void refuse(Job job, String what, Optional<Policy.Rule> rule) {
    problems.add(
        Problem.ofJob(
            CODE, job.id(), job.name(), "job \"" + job.name() + "\" " + what + line(rule), REMEDY));
  }

  private static String line(Optional<Policy.Rule> rule) {
    return rule.map(r -> " (" + r.line() + ")").orElse("");
  }

  /** The settings, without a repository that the machine does not allow. */
  Settings allowed(Settings settings) {
    boolean allowed =
        settings.repositoryUrl().map(url -> policy.allowsRepository(url.value())).orElse(true);
    if (allowed) {
      return settings;
    }
    problems.add(
        Problem.ofSetting(
            CODE,
            "repository_url",
            "setting \"repository_url\" names a repository that policy.repositories does not allow"
                + line(policy.repositories()),
            REMEDY));
    return settings.withoutRepository();
  }
}
