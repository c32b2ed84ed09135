package io.holdfast.agent.config;

import io.holdfast.agent.config.YamlFile.Entry;
import io.holdfast.agent.text.Nearest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The section {@code log}: where the agent logs to, and how.
 *
 * @param file empty for standard error, which is the journal under systemd
 * @param maxBytes how long the file may become before it is put aside, 64 KiB to 1 GiB
 * @param keep how many files that were put aside are kept, 1 to 20
 */
public record LogSection(Optional<Path> file, long maxBytes, int keep, Format format) {

  /** How a line looks. */
  public enum Format {
    TEXT,
    JSON
  }

  static final String NAME = "log";
  static final Set<String> KEYS = Set.of("file", "max_size", "keep", "format");

  private static final long KIB = 1024;
  private static final long SMALLEST = 64 * KIB;
  private static final long LARGEST = KIB * KIB * KIB;
  private static final int MOST_KEPT = 20;

  /** What holds without the section. */
  public static final LogSection USUAL =
      new LogSection(Optional.empty(), 10 * KIB * KIB, 5, Format.TEXT);

  private static final Pattern SIZE = Pattern.compile("(\\d{1,10}) ?(?:([KMG])(?:i?B)?)?");

  public LogSection {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(format, "format");
  }

  /**
   * What is wrong becomes findings of the file.
   *
   * @param usualFile where it goes if the section does not say
   */
  static LogSection read(YamlFile yaml, Optional<Path> usualFile) {
    return new LogSection(
        entry(yaml, "file").flatMap(e -> path(yaml, e)).or(() -> usualFile),
        entry(yaml, "max_size").map(e -> size(yaml, e)).orElse(USUAL.maxBytes),
        entry(yaml, "keep").map(e -> number(yaml, e)).orElse(USUAL.keep),
        entry(yaml, "format").map(e -> format(yaml, e)).orElse(USUAL.format));
  }

  private static Optional<Entry> entry(YamlFile yaml, String key) {
    return yaml.entry(NAME + "." + key).filter(entry -> !entry.value().isBlank());
  }

  private static Optional<Path> path(YamlFile yaml, Entry entry) {
    try {
      Path path = Path.of(entry.value());
      if (path.isAbsolute() && path.getFileName() != null && !entry.value().contains("%")) {
        return Optional.of(path);
      }
    } catch (InvalidPathException e) {
      // Answered below.
    }
    yaml.finding(
        entry.line(),
        "log.file \"" + entry.value() + "\" is no absolute path of a file, or has a percent sign",
        "Write it from the root on, such as /var/log/holdfast/holdfast.log.");
    return Optional.empty();
  }

  private static long size(YamlFile yaml, Entry entry) {
    Matcher size = SIZE.matcher(entry.value().strip());
    if (size.matches()) {
      long bytes =
          Long.parseLong(size.group(1)) * unit(Objects.requireNonNullElse(size.group(2), ""));
      if (bytes >= SMALLEST && bytes <= LARGEST) {
        return bytes;
      }
    }
    yaml.finding(
        entry.line(),
        "log.max_size \"" + entry.value() + "\" is no size from 64K to 1G",
        "Write a number and K, M or G, such as 10M.");
    return USUAL.maxBytes;
  }

  private static long unit(String letter) {
    return switch (letter) {
      case "K" -> KIB;
      case "M" -> KIB * KIB;
      case "G" -> KIB * KIB * KIB;
      default -> 1;
    };
  }

  private static int number(YamlFile yaml, Entry entry) {
    if (entry.value().strip().matches("\\d{1,2}")) {
      int keep = Integer.parseInt(entry.value().strip());
      if (keep >= 1 && keep <= MOST_KEPT) {
        return keep;
      }
    }
    yaml.finding(
        entry.line(),
        "log.keep \"" + entry.value() + "\" is no number from 1 to " + MOST_KEPT,
        "Write how many files that were put aside are kept, such as 5.");
    return USUAL.keep;
  }

  private static Format format(YamlFile yaml, Entry entry) {
    return switch (entry.value().strip()) {
      case "text" -> Format.TEXT;
      case "json" -> Format.JSON;
      default -> {
        yaml.finding(
            entry.line(),
            "log.format \"" + entry.value() + "\" is unknown",
            Nearest.to(entry.value(), List.of("text", "json"))
                .map(near -> "Did you mean \"" + near + "\"?")
                .orElse("Write text or json."));
        yield USUAL.format;
      }
    };
  }
}
