package io.holdfast.agent.daemon;

import io.holdfast.agent.config.Environment;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.text.Nearest;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What this machine says of itself.
 *
 * @param platform as the table {@code devices} spells it
 * @param zones asked for the zone of schedules that name none, which may change
 */
public record Machine(
    String platform,
    String hostname,
    String osName,
    String osVersion,
    String arch,
    Supplier<ZoneId> zones) {

  private static final Path LINUX_HOSTNAME = Path.of("/proc/sys/kernel/hostname");

  /** Reads the running system. */
  public static Machine current() {
    return new Machine(
        platform(System.getProperty("os.name", "")),
        readHostname(),
        readOsName(),
        System.getProperty("os.version", ""),
        System.getProperty("os.arch", ""),
        SystemZone::now);
  }

  /** The zone of schedules that name none. */
  public ZoneId zone() {
    return zones.get();
  }

  /** What is wrong with the zone by which this process counts; empty if it is one that is meant. */
  public static Optional<Problem> zoneProblem() {
    return zoneProblem(System.getenv("TZ"), ZoneId.systemDefault());
  }

  /** Java passes over a zone that it does not know, and nobody would see it. */
  static Optional<Problem> zoneProblem(@Nullable String variable, ZoneId used) {
    String named = variable == null ? "" : variable.strip().replaceFirst("^:?(posix/)?", "");
    if (named.isEmpty()) {
      return Optional.empty();
    }
    List<String> known = List.of(TimeZone.getAvailableIDs());
    if (known.contains(named)) {
      return Optional.empty();
    }
    Optional<String> near =
        known.stream()
            .filter(zone -> zone.endsWith("/" + named))
            .findFirst()
            .or(() -> Nearest.to(named, known));
    return Optional.of(
        Problem.ofDevice(
            "time-zone-unknown",
            "the variable TZ is \""
                + variable
                + "\", which names no time zone: schedules follow "
                + used
                + " instead",
            near.map(zone -> "Did you mean " + zone + "? ").orElse("")
                + "Set TZ to a name such as Europe/Berlin, or leave it out: then the machine's own zone"
                + " counts."));
  }

  /** The process's surroundings, for the reading of the configuration. */
  public static Environment environment() {
    boolean windows = platform(System.getProperty("os.name", "")).equals("windows");
    String user = System.getProperty("user.name", "");
    return new Environment(
        System.getenv(),
        Path.of(System.getProperty("user.home", "/")),
        user,
        windows,
        windows ? user.endsWith("$") || user.equals("SYSTEM") : user.equals("root"));
  }

  static String platform(String osName) {
    String name = osName.toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      return "windows";
    }
    if (name.startsWith("mac")) {
      return "darwin";
    }
    return name.startsWith("freebsd") ? "freebsd" : "linux";
  }

  /** The kernel's own answer first: asking the resolver can take seconds. */
  private static String readHostname() {
    try {
      if (Files.isReadable(LINUX_HOSTNAME)) {
        return Files.readString(LINUX_HOSTNAME).strip();
      }
      String windows = System.getenv("COMPUTERNAME");
      return windows != null ? windows : InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String readOsName() {
    Path release = Path.of("/etc/os-release");
    if (Files.isReadable(release)) {
      try {
        return Files.readAllLines(release).stream()
            .filter(line -> line.startsWith("PRETTY_NAME="))
            .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
            .findFirst()
            .orElse("Linux");
      } catch (IOException e) {
        return "Linux";
      }
    }
    return System.getProperty("os.name", "");
  }

  /** What goes into {@code devices.metadata}. */
  Map<String, String> metadata(String agentVersion, String resticVersion) {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put("agent_version", agentVersion);
    metadata.put("restic_version", resticVersion);
    metadata.put("os", osName);
    metadata.put("os_version", osVersion);
    metadata.put("arch", arch);
    metadata.put("timezone", zone().getId());
    return metadata;
  }
}
