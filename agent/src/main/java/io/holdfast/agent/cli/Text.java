package io.holdfast.agent.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Times and sizes as people read them. */
final class Text {

  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private Text() {}

  /** In the machine's own zone. */
  static String time(Instant instant) {
    return LOCAL.format(instant.atZone(ZoneId.systemDefault()));
  }

  static String time(Optional<Instant> instant) {
    return instant.map(Text::time).orElse("-");
  }

  /** {@code 3 min ago}, {@code in 2 h}. */
  static String relative(Instant instant, Instant now) {
    Duration distance = Duration.between(now, instant);
    return distance.isNegative() ? rough(distance.negated()) + " ago" : "in " + rough(distance);
  }

  static String rough(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < 2 * 3600) {
      return seconds / 60 + " min";
    }
    return seconds < 2 * 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
  }

  /** {@code 1 file}, {@code 2 files}. */
  static String count(long number, String one, String several) {
    return number + " " + (number == 1 ? one : several);
  }

  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }

  static String bytes(OptionalLong bytes) {
    return bytes.isPresent() ? bytes(bytes.getAsLong()) : "-";
  }
}
