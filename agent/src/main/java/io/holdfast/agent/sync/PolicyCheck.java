package io.holdfast.agent.sync;

import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.location.RepositoryUrl;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
              "Add to that file 'control_plane_dump:' with 'url', 'password_file' and 'recipients'"
                  + " below it, and restart the daemon; docs/configuration.md describes it."));
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

  /** Whether the machine lets backups go there; if not, says so. */
  boolean allows(RepositoryUrl url) {
    if (!policy.allowsRemote(url)) {
      refuse(
          "repository_url",
          "goes through rclone, which can start any program, by a remote that policy.rclone_remotes"
              + " does not name"
              + line(policy.rcloneRemotes()),
          "Write another URL, or add the remote's name to 'rclone_remotes' below 'policy' in the"
              + " configuration file of the machine itself and restart the daemon.");
      return false;
    }
    if (!policy.allowsRepository(url)) {
      refuse(
          "repository_url",
          "names a repository that policy.repositories does not allow"
              + line(policy.repositories()),
          REMEDY);
      return false;
    }
    return true;
  }

  /**
   * Whether secrets of the machine may be sent there as credentials: only the machine itself can
   * say so. If not, says so.
   */
  boolean mayHaveOurCredentials(RepositoryUrl url) {
    if (url.hidden() || policy.namesRepository(url)) {
      return true;
    }
    refuse(
        "repository_environment",
        "is a reference to credentials, and nothing on this machine says that they"
            + " are for that repository_url",
        "Add the URL to 'repositories' below 'policy' in the configuration file of the machine itself"
            + " and restart the daemon, or let repository_url be a reference too.");
    return false;
  }

  /** Whether variables that a row holds leave the place as the machine has named it. */
  boolean allowsPlace(RepositoryUrl url, Set<String> variables) {
    Optional<String> leadsElsewhere =
        policy.namesRepository(url)
            ? url.namedByVariables().stream().filter(variables::contains).sorted().findFirst()
            : Optional.empty();
    leadsElsewhere.ifPresent(variable ->
        refuse(
            "repository_environment",
            "says by "
                + variable
                + " where the repository is, and policy.repositories bounds that"
                + line(policy.repositories()),
            "Let repository_environment be a reference, such as file:NAME, whose content the machine"
                + " itself keeps; or remove the rule."));
    return leadsElsewhere.isEmpty();
  }

  /** Whether the machine lets restic's cache be there; if not, says so. */
  boolean allowsCache(String directory) {
    boolean allowed = policy.allowsCache(directory);
    if (!allowed) {
      refuse(
          "repository_cache_dir",
          "is outside of what policy.cache_roots allows"
              + line(policy.cacheRoots())
              + "; the agent's own directory is used",
          REMEDY);
    }
    return allowed;
  }

  private void refuse(String key, String what, String remedy) {
    problems.add(Problem.ofSetting(CODE, key, "setting \"" + key + "\" " + what, remedy));
  }
}
