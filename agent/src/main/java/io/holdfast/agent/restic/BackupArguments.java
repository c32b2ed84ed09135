package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The flags of {@code restic backup} that a job may add. Everything else is refused: a flag can
 * start a program, read any file, send the data elsewhere or hide from us how the backup went.
 */
public final class BackupArguments {

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
  private static final Pattern SMALL_NUMBER = Pattern.compile("[1-9]|[1-5][0-9]|6[0-4]");
  private static final Pattern PACK_SIZE = Pattern.compile("[4-9]|[1-9][0-9]|1[01][0-9]|12[0-8]");
  private static final Pattern COMPRESSION = Pattern.compile("auto|off|fastest|better|max");
  private static final Pattern DURATION = Pattern.compile("[0-9]{1,6}(s|m|h)");
  private static final Pattern SIZE = Pattern.compile("[0-9]{1,15}|[0-9]{1,6}[kKmMgGtT]");
  private static final Pattern FILE_NAME_OR_PATTERN = Pattern.compile("[^\\p{Cntrl}]{1,4096}");

  private static final ResticVersion FIRST = new ResticVersion(0, 14, 0);

  /** Values that came later than their flag; restic 0.18.0 still refuses them. */
  private static final Map<String, ResticVersion> NEWER_VALUES =
      Map.of(
          "--compression=fastest", new ResticVersion(0, 19, 0),
          "--compression=better", new ResticVersion(0, 19, 0));

  private static final Set<String> ONLY_ON_WINDOWS =
      Set.of("--use-fs-snapshot", "--exclude-cloud-files");

  /** A flag, the values that it takes (empty for none), and the version that brought it. */
  private record Flag(Optional<Pattern> value, ResticVersion since) {}

  private static final Map<String, Flag> ALLOWED = allowed();

  /** All of them; the table {@code restic_arguments} lists the same. */
  static Set<String> names() {
    return ALLOWED.keySet();
  }

  /** Refused like any other that is not allowed, but with the reason. */
  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("--password-command", "it starts a program"),
          Map.entry("-o", "it can start a program or redirect the repository"),
          Map.entry("--option", "it can start a program or redirect the repository"),
          Map.entry("--stdin-from-command", "it starts a program"),
          Map.entry("-r", "the repository is a setting"),
          Map.entry("--repo", "the repository is a setting"),
          Map.entry("--repository-file", "the repository is a setting"),
          Map.entry("-p", "the password is a setting"),
          Map.entry("--password-file", "the password is a setting"),
          Map.entry("--files-from", "it reads any file; use source_paths"),
          Map.entry("--files-from-verbatim", "it reads any file; use source_paths"),
          Map.entry("--files-from-raw", "it reads any file; use source_paths"),
          Map.entry("--exclude-file", "it reads any file; use exclude_patterns"),
          Map.entry("--iexclude-file", "it reads any file; use exclude_patterns"),
          Map.entry("--exclude", "patterns belong into exclude_patterns"),
          Map.entry("-e", "patterns belong into exclude_patterns"),
          Map.entry("--tag", "tags belong into the column tags"),
          Map.entry("--host", "the host is the device's name"),
          Map.entry("-H", "the host is the device's name"),
          Map.entry("--json", "Holdfast sets it"),
          Map.entry("--retry-lock", "Holdfast sets it"),
          Map.entry("-q", "Holdfast could not see how the backup goes"),
          Map.entry("--quiet", "Holdfast could not see how the backup goes"),
          Map.entry("-v", "it floods the output"),
          Map.entry("--verbose", "it floods the output"),
          Map.entry("-n", "it makes no snapshot"),
          Map.entry("--dry-run", "it makes no snapshot"),
          Map.entry("--no-lock", "it endangers the repository"),
          Map.entry("--use-fs-snapshot", "only restic on Windows knows it"),
          Map.entry("--exclude-cloud-files", "only restic on Windows knows it"),
          Map.entry(
              "--skip-if-unchanged", "a run without a snapshot could not be told from a lost one"),
          Map.entry("--insecure-tls", "it lets anybody pretend to be the repository"));

  private BackupArguments() {}

  private static Map<String, Flag> allowed() {
    Map<String, Flag> flags = new HashMap<>();
    ResticVersion v15 = new ResticVersion(0, 15, 0);
    for (String plain :
        Set.of(
            "--exclude-caches",
            "--one-file-system",
            "-x",
            "--force",
            "--with-atime",
            "--ignore-ctime",
            "--ignore-inode",
            "--no-cache",
            "--use-fs-snapshot")) {
      flags.put(plain, new Flag(Optional.empty(), FIRST));
    }
    flags.put("--no-scan", new Flag(Optional.empty(), v15));
    flags.put("--exclude-cloud-files", new Flag(Optional.empty(), new ResticVersion(0, 18, 0)));
    flags.put("--compression", new Flag(Optional.of(COMPRESSION), FIRST));
    flags.put("--pack-size", new Flag(Optional.of(PACK_SIZE), FIRST));
    flags.put("--read-concurrency", new Flag(Optional.of(SMALL_NUMBER), v15));
    flags.put("--limit-upload", new Flag(Optional.of(NUMBER), FIRST));
    flags.put("--limit-download", new Flag(Optional.of(NUMBER), FIRST));
    flags.put(
        "--stuck-request-timeout", new Flag(Optional.of(DURATION), new ResticVersion(0, 17, 0)));
    flags.put("--exclude-larger-than", new Flag(Optional.of(SIZE), FIRST));
    flags.put("--exclude-if-present", new Flag(Optional.of(FILE_NAME_OR_PATTERN), FIRST));
    flags.put("--iexclude", new Flag(Optional.of(FILE_NAME_OR_PATTERN), FIRST));
    return Map.copyOf(flags);
  }

  /**
   * Checks the elements of {@code restic_args}; a value may stand behind {@code =} or as an element
   * of its own.
   *
   * @param version the restic that is to get them: a flag that it does not know is refused too
   */
  public static ArgumentCheck check(List<String> arguments, ResticVersion version) {
    return check(arguments, version, Windows.here());
  }

  static ArgumentCheck check(List<String> arguments, ResticVersion version, boolean windows) {
    List<String> accepted = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      Argument argument = Argument.of(arguments.get(i));
      Flag flag = ALLOWED.get(argument.name());
      if (flag == null || (ONLY_ON_WINDOWS.contains(argument.name()) && !windows)) {
        return notAllowed(argument.name());
      }
      if (flag.value().isPresent() && argument.value().isEmpty()) {
        argument = argument.with(next(arguments, ++i));
      }
      Optional<ArgumentCheck> refused = refusal(argument, flag, version);
      if (refused.isPresent()) {
        return refused.get();
      }
      accepted.add(argument.text());
    }
    return new ArgumentCheck.Accepted(accepted);
  }

  /** A flag as it was given; one element, so that a value can never be taken for a flag. */
  private record Argument(String name, Optional<String> value) {
    static Argument of(String element) {
      int equals = element.startsWith("--") ? element.indexOf('=') : -1;
      return equals < 0
          ? new Argument(element, Optional.empty())
          : new Argument(element.substring(0, equals), Optional.of(element.substring(equals + 1)));
    }

    Argument with(String newValue) {
      return new Argument(name, Optional.of(newValue));
    }

    String text() {
      return value.map(v -> name + "=" + v).orElse(name);
    }
  }

  private static Optional<ArgumentCheck> refusal(
      Argument argument, Flag flag, ResticVersion version) {
    if (flag.value().isEmpty() && argument.value().isPresent()) {
      return refused(
          "restic_args gives \"" + argument.name() + "\" a value, and it takes none",
          "Leave the value out.");
    }
    if (flag.value().isPresent()
        && !flag.value().get().matcher(argument.value().orElse("")).matches()) {
      return refused(
          "restic_args has \""
              + argument.name()
              + "\" with the value \""
              + argument.value().orElse("")
              + "\", which is not allowed",
          "docs/restic.md lists the arguments and their values.");
    }
    ResticVersion since = NEWER_VALUES.getOrDefault(argument.text(), flag.since());
    if (version.compareTo(since) < 0) {
      String unknown = since.equals(flag.since()) ? argument.name() : argument.text();
      return refused(
          "restic_args has \""
              + unknown
              + "\", which restic knows from "
              + since
              + " on, and this machine has "
              + version,
          "Upgrade restic on this machine, or leave the argument out.");
    }
    return Optional.empty();
  }

  private static Optional<ArgumentCheck> refused(String message, String remedy) {
    return Optional.of(new ArgumentCheck.Refused(message, remedy));
  }

  private static String next(List<String> arguments, int index) {
    return index < arguments.size() ? arguments.get(index) : "";
  }

  private static ArgumentCheck notAllowed(String name) {
    String reason =
        Optional.ofNullable(REASONS.get(name))
            .map(why -> ": " + why)
            .orElse(name.startsWith("-") ? "" : ": it is no flag");
    return new ArgumentCheck.Refused(
        "restic_args has \"" + name + "\", which is not allowed" + reason,
        "docs/restic.md lists the arguments that are.");
  }
}
