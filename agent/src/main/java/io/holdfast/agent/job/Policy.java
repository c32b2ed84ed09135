package io.holdfast.agent.job;

import io.holdfast.agent.location.RepositoryUrl;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What rows of the control plane may make this machine do, by its own word: a rule that is not
 * there allows everything, but for restores, and for what would start another program than restic.
 *
 * @param sourceRoots jobs may read only what lies below these
 * @param resticArgs jobs may add only these arguments
 * @param repositories backups may go only to these and to what is below them, written as {@code
 *     repository_url} is
 * @param rcloneRemotes backups may go through rclone only by these of its remotes; without the rule
 *     not at all
 * @param cacheRoots restic's cache may be only below these
 * @param restoreRoots rows may have files written only below these; without the rule nowhere
 * @param dumpsControlPlane whether jobs may dump the control plane, as the section {@code
 *     control_plane_dump} says
 */
public record Policy(
    Optional<Rule> sourceRoots,
    Optional<Rule> resticArgs,
    Optional<Rule> repositories,
    Optional<Rule> rcloneRemotes,
    Optional<Rule> cacheRoots,
    Optional<Rule> restoreRoots,
    boolean dumpsControlPlane) {

  /** The machine leaves everything to the control plane but what it writes onto its disks. */
  public static final Policy NONE =
      new Policy(Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * One rule.
   *
   * @param allowed what it allows; may be empty, for nothing
   * @param line where it stands, for people: a file and a line
   */
  public record Rule(List<String> allowed, String line) {
    public Rule {
      allowed = List.copyOf(allowed);
      Objects.requireNonNull(line, "line");
    }
  }

  public Policy {
    Objects.requireNonNull(sourceRoots, "sourceRoots");
    Objects.requireNonNull(resticArgs, "resticArgs");
    Objects.requireNonNull(repositories, "repositories");
    Objects.requireNonNull(rcloneRemotes, "rcloneRemotes");
    Objects.requireNonNull(cacheRoots, "cacheRoots");
    Objects.requireNonNull(restoreRoots, "restoreRoots");
  }

  /** The same on a machine that neither restores by a row nor dumps the control plane. */
  public Policy(
      Optional<Rule> sourceRoots, Optional<Rule> resticArgs, Optional<Rule> repositories) {
    this(sourceRoots, resticArgs, repositories, Optional.empty(), false);
  }

  /** The same on a machine that lets nothing through rclone. */
  public Policy(
      Optional<Rule> sourceRoots,
      Optional<Rule> resticArgs,
      Optional<Rule> repositories,
      Optional<Rule> restoreRoots,
      boolean dumpsControlPlane) {
    this(
        sourceRoots,
        resticArgs,
        repositories,
        Optional.empty(),
        Optional.empty(),
        restoreRoots,
        dumpsControlPlane);
  }

  /** Whether the machine itself says how to do what a job of this kind does. */
  public boolean allows(JobKind kind) {
    return switch (kind) {
      case FILES -> true;
      case CONTROL_PLANE -> dumpsControlPlane;
    };
  }

  /**
   * The job's source path that lies outside of the roots as they are written, if there is a rule
   * and one does.
   */
  public Optional<String> forbiddenPath(Job job) {
    return forbiddenPath(job, Path::normalize);
  }

  /**
   * The same for where the paths really lead.
   *
   * @param place where a path leads on this machine
   */
  public Optional<String> forbiddenPath(Job job, UnaryOperator<Path> place) {
    return sourceRoots.flatMap(rule ->
        job.sourcePaths().stream()
            .filter(
                source -> rule.allowed().stream().noneMatch(root -> isBelow(source, root, place)))
            .findFirst());
  }

  private static boolean isBelow(String source, String root, UnaryOperator<Path> place) {
    try {
      return place.apply(Path.of(source)).startsWith(place.apply(Path.of(root)));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** The job's argument that is not among those allowed, if there is a rule and one is not. */
  public Optional<String> forbiddenArgument(Job job) {
    return resticArgs.flatMap(rule ->
        job.resticArgs().stream()
            .filter(argument -> argument.startsWith("-"))
            .map(argument -> argument.replaceFirst("=.*", ""))
            .filter(argument -> !rule.allowed().contains(argument))
            .findFirst());
  }

  /**
   * Whether a row may have files written there.
   *
   * @param place where a path leads on this machine
   */
  public boolean allowsRestoreTo(Path target, UnaryOperator<Path> place) {
    return restoreRoots.stream()
        .flatMap(rule -> rule.allowed().stream())
        .anyMatch(root -> isBelow(target.toString(), root, place));
  }

  /** Whether backups may go there. */
  public boolean allowsRepository(RepositoryUrl url) {
    return repositories.map(rule -> names(rule, url)).orElse(true);
  }

  /** Whether the machine's own file names that place, and so vouches for it. */
  public boolean namesRepository(RepositoryUrl url) {
    return repositories.filter(rule -> names(rule, url)).isPresent();
  }

  private static boolean names(Rule rule, RepositoryUrl url) {
    return rule.allowed().stream()
        .flatMap(allowed -> RepositoryUrl.of(allowed).stream())
        .anyMatch(allowed -> allowed.holds(url));
  }

  /** Whether it is no way through rclone, which can start any program, or one that is permitted. */
  public boolean allowsRemote(RepositoryUrl url) {
    return !url.scheme().equals("rclone")
        || rcloneRemotes.filter(rule -> rule.allowed().contains(url.host())).isPresent();
  }

  /** Whether restic's cache may be there. */
  public boolean allowsCache(String directory) {
    return cacheRoots
        .map(rule ->
            rule.allowed().stream().anyMatch(root -> isBelow(directory, root, Path::normalize)))
        .orElse(true);
  }
}
