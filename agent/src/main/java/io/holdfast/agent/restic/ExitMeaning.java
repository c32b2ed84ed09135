package io.holdfast.agent.restic;

import java.util.Locale;

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
  /** The operating system did not start it. */
  NOT_STARTED,
  FAILED;

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
    // A refused connection is reported in the same words up to here: only a clear 'not there'
    // counts.
    boolean notThere =
        errors.contains("no such file or directory")
            || errors.contains("cannot find the file")
            || errors.contains("cannot find the path")
            || errors.contains("key does not exist")
            || errors.contains("404");
    return errors.contains("unable to open config file") && notThere ? NO_REPOSITORY : FAILED;
  }
}
