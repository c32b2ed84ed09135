package io.holdfast.agent.restic;

import java.util.Locale;
import java.util.regex.Pattern;

/** What the end of a restic process means, whatever its version calls it. */
public enum ExitMeaning {
  /** All was done. */
  COMPLETE,
  /** Something could not be read. */
  INCOMPLETE,
  /** There is none at the place that was named, and the place itself could be asked. */
  NO_REPOSITORY,
  LOCKED,
  WRONG_PASSWORD,
  /** We stopped it because somebody asked for it. */
  CANCELLED,
  /** We stopped it because it took too long. */
  TIMED_OUT,
  /** We stopped it because nothing moved any more. */
  STALLED,
  /** The operating system did not start it. */
  NOT_STARTED,
  FAILED;

  /**
   * How restic up to 0.16 says that there is no repository: the storage answered, and it has none.
   * Only these very words count, and only at the end of the line: a refused connection begins in
   * the same way, and a path or a port may hold any word or number.
   */
  private static final Pattern NOT_THERE =
      Pattern.compile(
          "unable to open config file: (?:stat .*: no such file or directory"
              + "|.*: the system cannot find the (?:file|path) specified\\."
              + "|lstat: file does not exist"
              + "|<config/> does not exist"
              + "|.*the specified key does not exist\\.?)$",
          Pattern.MULTILINE);

  /**
   * Codes 10 and 11 came with restic 0.17, 12 with 0.17.1; before, 1 stands for all and the text
   * must tell.
   */
  static ExitMeaning of(int exitCode, String errors) {
    return switch (exitCode) {
      case 0 -> COMPLETE;
      case 3 -> INCOMPLETE;
      case 10 -> NO_REPOSITORY;
      case 11 -> LOCKED;
      case 12 -> WRONG_PASSWORD;
      case 1 -> ofText(errors.toLowerCase(Locale.ROOT));
      default -> FAILED;
    };
  }

  private static ExitMeaning ofText(String errors) {
    if (errors.contains("wrong password or no key found")) {
      return WRONG_PASSWORD;
    }
    if (errors.contains("repository is already locked")) {
      return LOCKED;
    }
    return NOT_THERE.matcher(errors).find() ? NO_REPOSITORY : FAILED;
  }
}
