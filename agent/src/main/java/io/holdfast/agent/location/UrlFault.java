package io.holdfast.agent.location;

import java.util.Locale;

/**
 * What is wrong with a repository's URL. No sentence repeats the URL: what is written wrongly may
 * hold a password anywhere.
 */
public enum UrlFault {
  CONTROL("has control characters in it", "Write it without them."),
  DOTS("has \"..\" in its path", "Write the path that it leads to."),
  RELATIVE(
      "is a path that does not begin at the root of this machine",
      "Write an absolute path, such as /srv/restic, or a URL, such as sftp:backup@nas:/srv/restic."),
  SCHEME(
      "begins with a kind of storage that restic does not have",
      "Write local:, sftp:, rest:, s3:, b2:, azure:, gs:, swift: or rclone:, in small letters."),
  OPTION(
      "has a user or a host that begins with \"-\", which ssh would take for an option",
      "Write the user and the host as ssh has them."),
  RCLONE(
      "goes through rclone, and names no configured remote of it",
      "Write rclone:NAME:path, where NAME stands in the rclone.conf of the machine; no \":backend\""
          + " and no \",\"."),
  FORM(
      "is not written as restic has it",
      "Write it as docs/restic.md shows for each kind of storage; in user and password %XX for other"
          + " characters.");

  private final String why;
  private final String remedy;

  UrlFault(String why, String remedy) {
    this.why = why;
    this.remedy = remedy;
  }

  /** Goes on with "the URL ...". */
  public String why() {
    return why;
  }

  public String remedy() {
    return remedy;
  }

  /** What the database calls it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
