package io.holdfast.agent.job;

import io.holdfast.agent.text.Bounded;
import io.holdfast.agent.text.Visible;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Something that an admin or the person at the machine should mend, in words that say what is
 * wrong, where, and what to do. Shown in the log, in {@code status} and, where it can be reached,
 * in the control plane's {@code problems} table.
 *
 * @param code stable, lower-case, for scripts: {@code cron-invalid}, {@code source-paths-empty}
 * @param subject what it is about, in the table's words: {@code device}, {@code job <name>}, {@code
 *     schedule <id>}, {@code setting <key>}; with the code it identifies the problem on this device
 * @param jobId the job that suffers, if it is one job's problem
 * @param scheduleId the schedule that suffers, if it is one schedule's problem
 * @param severity whether anything is not backed up because of it
 * @param message one sentence: what is wrong and where; holds no secret
 * @param remedy one sentence: what to do about it
 */
public record Problem(
    String code,
    String subject,
    Optional<UUID> jobId,
    Optional<Integer> scheduleId,
    Severity severity,
    String message,
    String remedy) {

  /** Bytes: what is longer nobody reads, and a database may refuse it. */
  private static final int LONGEST = 4000;

  /** The column takes so many letters: the name of a job has 255 at most. */
  private static final int LONGEST_SUBJECT = 300;

  /** How bad it is; the lower-case name stands in {@code problems.severity}. */
  public enum Severity {
    /** Backups are made; something about them could be better. */
    WARNING,
    /** Something is not backed up. */
    ERROR;

    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Problem {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(jobId, "jobId");
    Objects.requireNonNull(scheduleId, "scheduleId");
    Objects.requireNonNull(severity, "severity");
    subject = Bounded.toLetters(LONGEST_SUBJECT, Visible.of(subject));
    message = Bounded.to(LONGEST, Visible.of(message));
    remedy = Bounded.to(LONGEST, Visible.of(remedy));
  }

  public static Problem ofDevice(String code, String message, String remedy) {
    return new Problem(
        code, "device", Optional.empty(), Optional.empty(), Severity.ERROR, message, remedy);
  }

  public static Problem ofSetting(String code, String key, String message, String remedy) {
    return new Problem(
        code,
        "setting " + key,
        Optional.empty(),
        Optional.empty(),
        Severity.ERROR,
        message,
        remedy);
  }

  public static Problem ofJob(
      String code, UUID jobId, String jobName, String message, String remedy) {
    return new Problem(
        code,
        "job " + jobName,
        Optional.of(jobId),
        Optional.empty(),
        Severity.ERROR,
        message,
        remedy);
  }

  public static Problem ofSchedule(
      String code, UUID jobId, int scheduleId, String message, String remedy) {
    return new Problem(
        code,
        "schedule " + scheduleId,
        Optional.of(jobId),
        Optional.of(scheduleId),
        Severity.ERROR,
        message,
        remedy);
  }

  /** The same, as something that could be better. */
  public Problem asWarning() {
    return new Problem(code, subject, jobId, scheduleId, Severity.WARNING, message, remedy);
  }
}
