package io.holdfast.agent.daemon;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.holdfast.agent.job.Problem;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the daemon leaves in its state directory for {@code holdfast status}, which must answer
 * without the database too. Holds no secret.
 *
 * @param pid of the daemon
 * @param lastSyncAt empty until the first sync since the daemon started
 * @param syncFailure why the newest sync failed, if it did
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record LocalStatus(
    long pid,
    String agentVersion,
    Instant startedAt,
    Optional<Instant> lastSyncAt,
    Optional<Notice> syncFailure,
    Optional<Boolean> deviceEnabled,
    List<NextRun> jobs,
    List<Notice> problems) {

  public LocalStatus {
    jobs = List.copyOf(jobs);
    problems = List.copyOf(problems);
  }

  /** A problem as it is shown. */
  public record Notice(
      String subject, String code, String severity, String message, String remedy) {

    /** Whether it may wait. */
    @JsonIgnore
    public boolean isWarning() {
      return severity.equals(Problem.Severity.WARNING.word());
    }

    static Notice of(Problem problem) {
      return new Notice(
          problem.subject(),
          problem.code(),
          problem.severity().word(),
          problem.message(),
          problem.remedy());
    }
  }

  /** A job and when it is due next; empty for one that only runs by hand. */
  public record NextRun(String job, Optional<Instant> nextRunAt) {}

  /** Replaces the file as a whole, so that a reader never sees half of it. */
  void write(Path stateDirectory) {
    LocalStatusFile.write(stateDirectory, this);
  }

  /** What a daemon left there, if one ever did; a file that is no status counts as none. */
  public static Optional<LocalStatus> read(Path stateDirectory) {
    return LocalStatusFile.read(stateDirectory);
  }
}
