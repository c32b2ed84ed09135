package io.holdfast.agent.dump;

import io.holdfast.agent.run.ControlPlaneDump.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** What {@code pg_dump} says of its failure becomes a sentence and a remedy: pure. */
final class Failures {

  /** A process that signal n ends has the exit code 128 + n. */
  private static final int FIRST_SIGNAL = 128;

  private static final int LONGEST_REASON = 400;

  private static final String INSTALL =
      "Install PostgreSQL's client programs (Debian: apt install postgresql-client), or name pg_dump as"
          + " control_plane_dump.pg_dump in the configuration file.";

  private Failures() {}

  static Result.Failed noProgram(Optional<Path> configured) {
    return new Result.Failed(
        "pg-dump-missing",
        configured
            .map(path ->
                "control_plane_dump.pg_dump names "
                    + path
                    + ", which is no program that the agent may execute")
            .orElse("pg_dump is not in the PATH of the agent"),
        INSTALL);
  }

  static Result.Failed noRecipients() {
    return new Result.Failed(
        "control-plane-dump-recipients-missing",
        "the section control_plane_dump of this machine's configuration file names no recipients, and"
            + " without them the dump, which holds the secrets of the whole fleet, cannot be encrypted",
        "On a machine that is none of these run 'holdfast recovery-key --to FILE', write the public key"
            + " that it prints as control_plane_dump.recipients into the configuration file, keep FILE"
            + " where none of these machines is, and restart the daemon; docs/disaster-recovery.md"
            + " describes it.");
  }

  static Result.Failed notWritten(Path directory, IOException why) {
    return new Result.Failed(
        "dump-not-written",
        "the dump of the control plane could not be written into " + directory + ": " + said(why),
        "Look at the room in the agent's state directory.");
  }

  private static String said(IOException why) {
    return Objects.requireNonNullElse(why.getMessage(), why.getClass().getSimpleName());
  }

  static Result.Failed otherDatabase(String place) {
    return new Result.Failed(
        "dump-no-control-plane",
        "the database at " + place + ", which control_plane_dump.url names, holds no control plane",
        "Correct control_plane_dump.url in the configuration file, and restart the daemon.");
  }

  /**
   * @param errors what it wrote to standard error, without secrets
   * @param place the database, for people
   */
  static Result.Failed of(int exitCode, String errors, Path program, String place) {
    String said = reason(errors);
    String all = errors.toLowerCase(Locale.ROOT);
    if (exitCode > FIRST_SIGNAL) {
      return new Result.Failed(
          "pg-dump-killed",
          "pg_dump was ended from outside by signal "
              + (exitCode - FIRST_SIGNAL)
              + ", so there is no snapshot",
          "Look for the cause, such as too little memory.");
    }
    if (all.contains("version mismatch")) {
      return new Result.Failed(
          "pg-dump-old",
          program + " is older than the server of the database at " + place + versions(errors),
          "Install the client programs of the server's own version, and name their pg_dump as"
              + " control_plane_dump.pg_dump in the configuration file.");
    }
    if (all.contains("role \"backup_admin\" does not exist")) {
      return otherDatabase(place);
    }
    if (isLogin(all)) {
      return new Result.Failed(
          "dump-login-refused",
          "the database at " + place + " refuses the login of control_plane_dump: " + said,
          "Correct user and password in the section control_plane_dump of the configuration file.");
    }
    if (all.contains("permission denied for") || all.contains("permission denied to set role")) {
      return new Result.Failed(
          "dump-right-missing",
          "the login of control_plane_dump may not read all of the database at "
              + place
              + ": "
              + said,
          "Let it be a member of backup_admin: GRANT backup_admin TO the login. It dumps by the rights of"
              + " backup_admin: for tables of your own, GRANT SELECT ON them TO backup_admin.");
    }
    return new Result.Failed(
        "pg-dump-failed",
        "pg_dump of the database at " + place + " failed (exit code " + exitCode + "): " + said,
        "Look at the database's own log, and at the room in the agent's state directory.");
  }

  private static boolean isLogin(String errors) {
    return errors.contains("authentication failed")
        || errors.contains("no password supplied")
        || errors.contains("no pg_hba.conf entry")
        || errors.contains("permission denied for database")
        || errors.contains("is not permitted to log in")
        || (errors.contains("role \"") && errors.contains("does not exist"));
  }

  /** The line that says what is wrong, without the program's name. */
  private static String reason(String errors) {
    String line =
        errors
            .lines()
            .filter(l -> l.contains("error:"))
            .findFirst()
            .or(() -> errors.lines().findFirst())
            .orElse("it gave no reason");
    String reason = line.replaceFirst("^pg_dump: (error: )?", "").replaceAll("\\s+", " ").strip();
    return reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) + "…" : reason;
  }

  private static String versions(String errors) {
    return errors
        .lines()
        .filter(line -> line.contains("server version:"))
        .findFirst()
        .map(line -> " (" + line.replaceFirst("^pg_dump: (error: |detail: )?", "").strip() + ")")
        .orElse("");
  }
}
