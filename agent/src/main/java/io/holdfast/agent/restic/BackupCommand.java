package io.holdfast.agent.restic;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What restic is to back up.
 *
 * @param host the host name that the snapshot carries
 * @param sources at least one; each absolute
 * @param tags none holds a comma, since restic splits there
 * @param checkedArguments as {@link BackupArguments} has accepted them
 */
public record BackupCommand(
    String host,
    List<String> sources,
    List<String> excludes,
    List<String> tags,
    List<String> checkedArguments) {

  public BackupCommand {
    Objects.requireNonNull(host, "host");
    sources = List.copyOf(sources);
    excludes = List.copyOf(excludes);
    tags = List.copyOf(tags);
    checkedArguments = List.copyOf(checkedArguments);
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("there is nothing to back up");
    }
    if (tags.stream().anyMatch(tag -> tag.contains(","))) {
      throw new IllegalArgumentException("a tag holds a comma");
    }
  }

  /** The same, and restic looks into no earlier snapshot: everything is read. */
  BackupCommand withoutParent() {
    List<String> arguments = new ArrayList<>(checkedArguments);
    if (!arguments.contains("--force")) {
      arguments.add("--force");
    }
    return new BackupCommand(host, sources, excludes, tags, arguments);
  }
}
