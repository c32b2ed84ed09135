package io.holdfast.agent.restic;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whose lock restic has met, by its own words, plain or within JSON. */
public final class LockHolder {

  private static final Pattern LOCK =
      Pattern.compile(
          "already locked(?<exclusively> exclusively)? by PID (?<pid>\\d{1,10}) on"
              + " (?<host>.{1,255}?) by (?<user>.{1,255}?) \\(UID");
  private static final Pattern AGE =
      Pattern.compile("lock was created at [^()]{1,60}\\((?<age>[0-9a-zµ.]{1,40}) ago\\)");
  private static final Pattern FRACTION = Pattern.compile("\\.\\d+");

  private LockHolder() {}

  /**
   * Goes on with "the repository is locked by another restic process".
   *
   * @param said what restic has written to standard error
   * @return empty if it did not say
   */
  public static String in(String said) {
    Matcher lock = LOCK.matcher(said);
    if (!lock.find()) {
      return "";
    }
    Matcher age = AGE.matcher(said);
    return (lock.group("exclusively") == null ? "" : ", for itself alone")
        + ": by user "
        + lock.group("user")
        + " on host "
        + lock.group("host")
        + " (PID "
        + lock.group("pid")
        + ")"
        + (age.find()
            ? ", " + FRACTION.matcher(age.group("age")).replaceAll("") + " old when it was met"
            : "");
  }
}
