package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The arguments of {@code restic restore}, as far as a version knows them. */
public final class RestoreArguments {

  private RestoreArguments() {}

  /** Whether this version can name each item that it restores, or would restore. */
  public static boolean namesItems(ResticVersion version) {
    return version.isAtLeast(0, 17, 0);
  }

  /** Why this version cannot do it, if it cannot. */
  public static Optional<ArgumentCheck.Refused> refusal(RestoreOrder order, ResticVersion version) {
    if (version.isAtLeast(0, 17, 0)) {
      return Optional.empty();
    }
    if (order.dryRun()) {
      return Optional.of(
          refused("--dry-run needs restic 0.17 or newer, and this is " + version, "'holdfast ls'"));
    }
    return order
        .overwrite()
        .map(_ ->
            refused(
                "--overwrite needs restic 0.17 or newer, and this is " + version,
                "Restore into an empty directory with --to"));
  }

  private static ArgumentCheck.Refused refused(String message, String otherwise) {
    return new ArgumentCheck.Refused(
        message,
        otherwise.startsWith("'")
            ? "Upgrade restic on this machine, or look with " + otherwise + "."
            : otherwise + ", or upgrade restic on this machine.");
  }

  /** Values stand behind a {@code =}, so that none can be taken for a flag. */
  static List<String> of(RestoreOrder order, ResticVersion version) {
    return of(order, version, Windows.here());
  }

  static List<String> of(RestoreOrder order, ResticVersion version, boolean windows) {
    List<String> arguments = new ArrayList<>(List.of("restore", "--json"));
    if (version.isAtLeast(0, 15, 0)) {
      arguments.add("--sparse");
    }
    if (order.dryRun()) {
      arguments.add("--dry-run");
    }
    if (order.dryRun() || order.naming()) {
      // Names each item.
      arguments.add("--verbose=2");
    }
    if (order.verify()) {
      arguments.add("--verify");
    }
    order.overwrite().ifPresent(overwrite -> arguments.add("--overwrite=" + overwrite));
    order.includes().forEach(pattern -> arguments.add("--include=" + pattern(pattern, windows)));
    order.excludes().forEach(pattern -> arguments.add("--exclude=" + pattern(pattern, windows)));
    order.mark().ifPresent(mark -> arguments.add("--tag=" + mark));
    arguments.add("--target=" + order.destination());
    arguments.add("--");
    arguments.add(order.snapshotId() + (order.below().isEmpty() ? "" : ":" + order.below()));
    return List.copyOf(arguments);
  }

  /** Elsewhere a backslash takes the meaning from what follows it. */
  private static String pattern(String written, boolean windows) {
    return windows ? TreePath.of(written) : written;
  }
}
