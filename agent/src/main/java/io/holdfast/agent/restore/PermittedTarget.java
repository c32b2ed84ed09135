package io.holdfast.agent.restore;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.run.RealPlace;
import io.holdfast.agent.run.WayTo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where rows may have files written: below the roots that the machine's own policy names, by where
 * paths really lead, and never over the agent itself. A row that writes files is as good as one
 * that runs programs.
 */
public final class PermittedTarget {

  private final Policy policy;
  private final Path configFile;
  private final List<Path> agentsOwn;

  /**
   * @param agentsOwn directories into which no row may write, whatever the policy says
   */
  public PermittedTarget(Policy policy, Path configFile, List<Path> agentsOwn) {
    this.policy = policy;
    this.configFile = configFile;
    this.agentsOwn = List.copyOf(agentsOwn);
  }

  /** The machine's own policy, or its agent's safety, is against it. */
  public static final class Forbidden extends Exception {

    private static final long serialVersionUID = 1L;

    private final String remedy;

    Forbidden(String message, String remedy) {
      super(message);
      this.remedy = remedy;
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }

    public String remedy() {
      return remedy;
    }
  }

  /**
   * Looks at where the directory really is now.
   *
   * @return that place, for restic
   * @throws Forbidden if no row may have anything written there
   */
  public Path check(Path target) throws Forbidden {
    Policy.Rule rule =
        policy
            .restoreRoots()
            .orElseThrow(() ->
                new Forbidden(
                    "this machine lets no row restore anything: "
                        + configFile
                        + " has no policy.restore_roots",
                    "Name directories there on the machine itself and restart the daemon; or run"
                        + " 'holdfast restore' at the machine, which needs no leave."));
    checkWay(target);
    Path real = RealPlace.wholly(target);
    checkOwn(target, real);
    if (!policy.allowsRestoreTo(real, RealPlace::wholly)) {
      throw new Forbidden(
          target
              + (real.equals(target) ? "" : ", which leads to " + real + ",")
              + " does not lie within what policy.restore_roots allows ("
              + rule.line()
              + ")",
          rule.allowed().isEmpty()
              ? "That rule allows nothing; change it on the machine itself."
              : "Choose a directory below "
                  + String.join(" or ", rule.allowed())
                  + ", or change that line on the machine itself.");
    }
    checkExchange(real);
    return real;
  }

  /** A link that is laid while restic writes would lead it to where no row may write. */
  private static void checkExchange(Path real) throws Forbidden {
    Optional<Path> directory = WayTo.of(real).whereOthersMayWrite();
    if (directory.isPresent()) {
      throw new Forbidden(
          "others than root may write to "
              + directory.get()
              + ", and could lay a link there that leads out of policy.restore_roots",
          "Take that right away (chown root, chmod go-w), or choose a directory that is root's alone.");
    }
  }

  /** Where a link leads that leads nowhere yet is not known before somebody makes its end. */
  private static void checkWay(Path target) throws Forbidden {
    for (Path way = target; way != null; way = way.getParent()) {
      if (Files.isSymbolicLink(way) && !Files.exists(way)) {
        throw new Forbidden(way + " is a link that leads nowhere", "Choose another directory.");
      }
    }
  }

  /** In both directions: what is restored to a directory above may reach into ours. */
  private void checkOwn(Path target, Path real) throws Forbidden {
    if (real.getParent() == null) {
      throw new Forbidden(
          target + " is the root of a file system, and no row restores in place",
          "Choose a directory below it.");
    }
    Optional<Path> own = own(real);
    if (own.isPresent()) {
      throw new Forbidden(
          target + " and the agent's own directory " + own.get() + " lie within each other",
          "Choose a directory elsewhere.");
    }
  }

  private Optional<Path> own(Path real) {
    return agentsOwn.stream()
        .filter(
            own -> real.startsWith(RealPlace.wholly(own)) || RealPlace.wholly(own).startsWith(real))
        .findFirst();
  }

  /**
   * What is there already may hold a link through which restic would write elsewhere.
   *
   * @param real where the target is, as {@link #check} said
   * @throws Forbidden if it holds one that leads out of the roots
   */
  public void checkContent(Path real) throws Forbidden {
    if (!Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Optional<Path> way;
    try (Stream<Path> all = Files.walk(real)) {
      way = all.filter(PermittedTarget::isLink).filter(link -> leadsOut(leadsTo(link))).findFirst();
    } catch (IOException | UncheckedIOException e) {
      throw new Forbidden(
          "the directory " + real + " cannot be looked through for links that lead out of it",
          "Restore to a directory that is empty.");
    }
    if (way.isPresent()) {
      throw new Forbidden(
          way.get()
              + " is a link that leads to where policy.restore_roots allows nothing ("
              + policy.restoreRoots().map(Policy.Rule::line).orElse("")
              + "), and restic might write through it",
          "Remove it, or restore to a directory that is empty.");
    }
  }

  /** A junction of Windows is a directory that Java knows nothing further of. */
  private static boolean isLink(Path path) {
    try {
      BasicFileAttributes its =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return its.isSymbolicLink() || (its.isDirectory() && its.isOther());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean leadsOut(Path end) {
    return own(end).isPresent() || !policy.allowsRestoreTo(end, RealPlace::wholly);
  }

  /** Also of a link whose end is not there yet. */
  private static Path leadsTo(Path link) {
    try {
      if (Files.exists(link)) {
        return link.toRealPath();
      }
      Path end = Files.readSymbolicLink(link);
      Path parent = link.getParent();
      return RealPlace.wholly(parent == null ? end : parent.resolve(end));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
