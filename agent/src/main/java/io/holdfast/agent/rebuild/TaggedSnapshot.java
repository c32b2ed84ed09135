package io.holdfast.agent.rebuild;

import io.holdfast.agent.job.TagsOfSnapshot;
import io.holdfast.agent.restic.SnapshotEntry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;

/** A snapshot that a job has made, with its tags read. */
record TaggedSnapshot(SnapshotEntry snapshot, TagsOfSnapshot tags) {

  private static final Pattern OF_WINDOWS =
      Pattern.compile("([A-Za-z]:[\\\\/]|\\\\\\\\).*", Pattern.DOTALL);

  private static final int LONGEST_NAME = 255;

  TaggedSnapshot(SnapshotEntry snapshot) {
    this(snapshot, TagsOfSnapshot.of(snapshot.tags()));
  }

  UUID job() {
    return tags.job().orElseThrow();
  }

  Instant time() {
    return snapshot.time();
  }

  /** Relica's have none of their own: then one that is always the same. */
  UUID run() {
    return tags.run()
        .orElseGet(() ->
            UUID.nameUUIDFromBytes(
                ("snapshot " + snapshot.original().orElse(snapshot.id()))
                    .getBytes(StandardCharsets.UTF_8)));
  }

  String jobName() {
    return tags.jobName()
        .map(TaggedSnapshot::asName)
        .filter(name -> !name.isEmpty())
        .orElse(job().toString());
  }

  /** As names of jobs and devices are accepted. */
  static String asName(String text) {
    String name = text.replaceAll("\\p{Cc}", "").strip();
    return name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME).strip() : name;
  }

  String platform() {
    return snapshot.paths().stream().anyMatch(path -> OF_WINDOWS.matcher(path).matches())
        ? "windows"
        : "linux";
  }
}
