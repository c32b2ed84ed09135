package io.holdfast.agent.rebuild;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which device each snapshot is of: by its tag, else, as with Relica's, by its host name. */
final class Owners {

  private static final Pattern DEVICE_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final int LONGEST_ID = 128;

  private final Map<String, String> deviceOfHost = new HashMap<>();

  /**
   * @param snapshots the oldest first: a host's newest device counts
   */
  Owners(List<TaggedSnapshot> snapshots, Known known) {
    snapshots.forEach(snapshot ->
        tagged(snapshot).ifPresent(id -> deviceOfHost.put(snapshot.snapshot().host(), id)));
    known
        .devices()
        .forEach((id, device) -> {
          device.hostname().ifPresent(host -> deviceOfHost.put(host, id));
          deviceOfHost.put(device.name(), id);
        });
    known.devices().keySet().forEach(id -> deviceOfHost.put(id, id));
  }

  String of(TaggedSnapshot snapshot) {
    String host = snapshot.snapshot().host();
    return tagged(snapshot)
        .or(() -> Optional.ofNullable(deviceOfHost.get(host)))
        .orElseGet(() -> idOf(host));
  }

  private static Optional<String> tagged(TaggedSnapshot snapshot) {
    return snapshot.tags().device().filter(id -> DEVICE_ID.matcher(id).matches());
  }

  /** A host name as a device's id; most are one already. */
  static String idOf(String host) {
    String id = host.replaceAll("[^A-Za-z0-9._-]+", "-").replaceFirst("^[^A-Za-z0-9]+", "").strip();
    String bounded = id.length() > LONGEST_ID ? id.substring(0, LONGEST_ID) : id;
    return bounded.isEmpty() ? "unknown" : bounded;
  }
}
