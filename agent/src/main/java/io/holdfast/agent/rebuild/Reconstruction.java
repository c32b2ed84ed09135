package io.holdfast.agent.rebuild;

import io.holdfast.agent.job.JobKind;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.rebuild.Rebuilt.DeviceRow;
import io.holdfast.agent.rebuild.Rebuilt.JobRow;
import io.holdfast.agent.rebuild.Rebuilt.RunRow;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.RunStatistics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** From the snapshots of a repository to the rows that its control plane lacks. */
public final class Reconstruction {

  /** As the control plane accepts them. */
  private static final Pattern SOURCE_PATH =
      Pattern.compile(
          "(?!.*(\\*|\\{[^{},]*,[^{}]*\\}|,\\s*(/|[A-Za-z]:[\\\\/]|\\\\\\\\)))"
              + "(/|[A-Za-z]:[\\\\/]|\\\\\\\\)[^\\p{Cc}]*");

  private final Known known;
  private final List<TaggedSnapshot> ours;
  private final Owners owners;
  private final Map<String, DeviceRow> devices = new LinkedHashMap<>();
  private final Map<UUID, JobRow> jobs = new LinkedHashMap<>();

  private Reconstruction(List<TaggedSnapshot> ours, Known known) {
    this.ours = ours;
    this.known = known;
    owners = new Owners(ours, known);
  }

  /** What is known stays as it is; the rest is concluded. */
  public static Rebuilt of(List<SnapshotEntry> snapshots, Known known) {
    List<TaggedSnapshot> ours =
        snapshots.stream()
            .map(TaggedSnapshot::new)
            .filter(snapshot -> snapshot.tags().job().isPresent())
            .sorted(
                Comparator.comparing(TaggedSnapshot::time)
                    .thenComparing(snapshot -> snapshot.snapshot().id()))
            .toList();
    return new Reconstruction(ours, known).rebuilt(snapshots.size());
  }

  private Rebuilt rebuilt(int snapshots) {
    ours.forEach(this::device);
    jobs();
    List<RunRow> runs = new ArrayList<>();
    Set<UUID> taken = new HashSet<>(known.runs());
    for (TaggedSnapshot snapshot : ours) {
      if (!known.hasSnapshot(snapshot.snapshot()) && taken.add(snapshot.run())) {
        runs.add(run(snapshot));
      }
    }
    return new Rebuilt(
        List.copyOf(devices.values()),
        List.copyOf(jobs.values()),
        runs,
        snapshots,
        snapshots - ours.size(),
        ours.size() - runs.size());
  }

  /** The newest snapshot says what it is called: restic's host is the device's name. */
  private void device(TaggedSnapshot snapshot) {
    String id = owners.of(snapshot);
    if (!known.devices().containsKey(id)) {
      String name = TaggedSnapshot.asName(snapshot.snapshot().host());
      devices.put(id, new DeviceRow(id, name.isEmpty() ? id : name, snapshot.platform()));
    }
  }

  private void jobs() {
    Map<UUID, List<TaggedSnapshot>> ofJobs = new HashMap<>();
    ours.forEach(s -> ofJobs.computeIfAbsent(s.job(), _ -> new ArrayList<>()).add(s));
    Map<String, Set<String>> names = new HashMap<>();
    known.jobs().values().forEach(job -> names(names, job.deviceId()).add(job.name()));
    // Of two jobs of one name, one after the other, the newer keeps it.
    ofJobs.values().stream()
        .filter(all -> !known.jobs().containsKey(all.getLast().job()))
        .sorted(Comparator.comparing((List<TaggedSnapshot> all) -> all.getLast().time()).reversed())
        .forEach(all -> job(all, names(names, owners.of(all.getLast()))));
  }

  private static Set<String> names(Map<String, Set<String>> names, String device) {
    return names.computeIfAbsent(device, _ -> new HashSet<>());
  }

  private void job(List<TaggedSnapshot> all, Set<String> namesOfDevice) {
    TaggedSnapshot newest = all.getLast();
    List<String> paths =
        newest.tags().kind() == JobKind.FILES
            ? newest.snapshot().paths().stream().filter(Reconstruction::isAccepted).toList()
            : List.of();
    if (newest.tags().kind() == JobKind.FILES && paths.isEmpty()) {
      // No row of a job can say this; its runs are kept by name.
      return;
    }
    String name = newest.jobName();
    if (!namesOfDevice.add(name)) {
      name = shortened(name) + " (" + newest.job().toString().substring(0, 8) + ")";
      namesOfDevice.add(name);
    }
    jobs.put(
        newest.job(),
        new JobRow(
            newest.job(),
            owners.of(newest),
            name,
            newest.tags().kind(),
            paths,
            newest.tags().others().stream()
                .filter(tag -> !tag.isBlank() && !SnapshotTags.isReserved(tag))
                .toList(),
            origin(newest),
            newest.tags().account(),
            all.size(),
            newest.time()));
  }

  private static String shortened(String name) {
    return name.length() > 240 ? name.substring(0, 240).strip() : name;
  }

  private static boolean isAccepted(String path) {
    return SOURCE_PATH.matcher(path).matches() && path.equals(path.strip());
  }

  /** None of its own if it says what the device is called. */
  private static Optional<String> origin(TaggedSnapshot snapshot) {
    String usual = snapshot.snapshot().host().replace(',', ';').strip();
    return snapshot
        .tags()
        .origin()
        .map(TaggedSnapshot::asName)
        .filter(origin -> !origin.isEmpty() && !origin.equals(usual));
  }

  private RunRow run(TaggedSnapshot snapshot) {
    SnapshotEntry listed = snapshot.snapshot();
    String device = owners.of(snapshot);
    Instant end =
        listed.endedAt().filter(time -> time.isAfter(listed.time())).orElse(listed.time());
    return new RunRow(
        snapshot.run(),
        Optional.of(snapshot.job()).filter(job -> deviceOf(job).filter(device::equals).isPresent()),
        snapshot.job(),
        snapshot.jobName(),
        device,
        listed.time(),
        end,
        listed.id(),
        listed.summary().map(RunStatistics::of),
        listed.resticVersion());
  }

  private Optional<String> deviceOf(UUID job) {
    return Optional.ofNullable(known.jobs().get(job))
        .map(Known.Job::deviceId)
        .or(() -> Optional.ofNullable(jobs.get(job)).map(JobRow::deviceId));
  }
}
