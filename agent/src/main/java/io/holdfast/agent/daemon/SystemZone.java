package io.holdfast.agent.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The zone that the machine is set to now. Java asks the system once, when it starts; an agent runs
 * for months, and a machine may be moved or set right meanwhile.
 */
final class SystemZone {

  private static final Path LINK = Path.of("/etc/localtime");
  private static final String PROPERTY = "user.timezone";

  /** What may have named a zone for Java, or for this process alone. */
  private static final List<String> VARIABLES =
      List.of("HOLDFAST_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");

  private static final AtomicReference<String> SEEN = new AtomicReference<>(setting());

  private SystemZone() {}

  static ZoneId now() {
    String setting = setting();
    if (!SEEN.getAndSet(setting).equals(setting)
        && System.getenv("TZ") == null
        && VARIABLES.stream().noneMatch(SystemZone::names)) {
      // What Java remembers of its first question; it asks again.
      System.clearProperty(PROPERTY);
      TimeZone.setDefault(null);
    }
    return ZoneId.systemDefault();
  }

  private static boolean names(String variable) {
    return Objects.requireNonNullElse(System.getenv(variable), "").contains(PROPERTY);
  }

  /** Differs when the machine has been set to another zone. */
  private static String setting() {
    try {
      return Files.isSymbolicLink(LINK)
          ? Files.readSymbolicLink(LINK).toString()
          : Files.getLastModifiedTime(LINK, LinkOption.NOFOLLOW_LINKS).toString();
    } catch (IOException e) {
      return "";
    }
  }
}
