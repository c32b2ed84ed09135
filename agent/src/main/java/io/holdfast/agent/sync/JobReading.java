package io.holdfast.agent.sync;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.job.Job;
import io.holdfast.agent.job.JobKind;
import io.holdfast.agent.job.PatternFault;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.RunLimits;
import io.holdfast.agent.job.SnapshotTags;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.LimitColumns;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A row of {@code backup_jobs} becomes a job, or problems that say what is wrong with it. */
final class JobReading {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** {@code /srv}, {@code C:\Users}, {@code C:/Users}, {@code \\server\share}. */
  private static final Pattern ABSOLUTE =
      Pattern.compile("(/|[A-Za-z]:[\\\\/]|\\\\\\\\).*", Pattern.DOTALL);

  /** What remains of {@code C:\Users\me} when PostgreSQL reads it within {@code '{...}'}. */
  private static final Pattern EATEN_BACKSLASHES =
      Pattern.compile("[A-Za-z]:[^\\\\/].*", Pattern.DOTALL);

  /** A path of Windows, which names its drive or its share. */
  private static final Pattern OF_WINDOWS =
      Pattern.compile("([A-Za-z]:[\\\\/]|\\\\\\\\).*", Pattern.DOTALL);

  private final JobRow row;
  private final boolean windows;
  private final List<Problem> found = new ArrayList<>();

  /** What the job can do without. */
  private final List<Problem> warnings = new ArrayList<>();

  private JobReading(JobRow row, boolean windows) {
    this.row = row;
    this.windows = windows;
  }

  /**
   * The job, or empty and at least one problem more in the list.
   *
   * @param windows whether its paths are to be those of Windows
   */
  static Optional<Job> read(JobRow row, boolean windows, List<Problem> problems) {
    JobReading reading = new JobReading(row, windows);
    Optional<JobKind> kind = reading.kind();
    reading.checkSourcePaths(kind);
    reading.checkTags();
    List<String> resticArgs = reading.resticArgs();
    reading.checkPatterns("exclude_patterns", row.excludePatterns());
    reading.checkPatterns("restic_args", ignoringCase(resticArgs));
    problems.addAll(reading.found);
    problems.addAll(reading.warnings);
    return reading.found.isEmpty()
        ? Optional.of(reading.job(resticArgs, kind.orElseThrow()))
        : Optional.empty();
  }

  private Job job(List<String> resticArgs, JobKind kind) {
    return new Job(
        row.id(),
        row.name(),
        row.sourcePaths(),
        row.excludePatterns().stream().filter(pattern -> !pattern.isBlank()).toList(),
        userTags().toList(),
        resticArgs,
        row.originName().filter(name -> !name.isBlank()),
        row.accountId(),
        limits(row.limits()),
        kind);
  }

  private static RunLimits limits(LimitColumns columns) {
    return new RunLimits(
        columns.maxRetries(),
        Duration.ofSeconds(columns.retryDelaySeconds()),
        columns.timeoutSeconds().map(Duration::ofSeconds),
        Duration.ofSeconds(columns.retryLockSeconds()));
  }

  private Optional<JobKind> kind() {
    String word = row.kind().orElse(JobKind.FILES.word());
    Optional<JobKind> kind = JobKind.of(word);
    if (kind.isEmpty()) {
      problem(
          "job-kind-unknown",
          "is of the kind \"" + word + "\", which this agent does not know",
          "Upgrade Holdfast on this machine.");
    }
    return kind;
  }

  private void checkSourcePaths(Optional<JobKind> kind) {
    if (kind.filter(JobKind.CONTROL_PLANE::equals).isPresent()) {
      if (!row.sourcePaths().isEmpty() || !row.excludePatterns().isEmpty()) {
        problem(
            "job-kind-invalid",
            "is of the kind control-plane, which backs up a dump alone, and has source_paths or"
                + " exclude_patterns",
            "Leave them out, and insert a second job for the files.");
      }
      return;
    }
    if (row.sourcePaths().isEmpty()) {
      problem(
          "source-paths-empty",
          "has an empty source_paths, so there is nothing to back up",
          "Name at least one absolute path: UPDATE backup_jobs SET source_paths = ARRAY['/srv/data']"
              + " WHERE id = '"
              + row.id()
              + "'.");
    }
    for (String path : row.sourcePaths()) {
      if (path.isBlank()) {
        problem(
            "source-path-invalid",
            "has an empty or NULL element in source_paths",
            "Remove the element, or write the path that was meant.");
      } else if (EATEN_BACKSLASHES.matcher(path).matches()) {
        problem(
            "source-path-invalid",
            "has the source path \"" + path + "\": its backslashes were lost",
            "Write Windows paths as ARRAY['C:\\Users\\me'] instead of '{C:\\Users\\me}', which eats"
                + " backslashes.");
      } else if (!ABSOLUTE.matcher(path).matches()) {
        problem(
            "source-path-invalid",
            "has the source path \"" + path + "\", which is not absolute",
            "Write the path from the root on, such as /srv/data or C:\\Users.");
      } else if (OF_WINDOWS.matcher(path).matches() != windows) {
        problem(
            "source-path-invalid",
            "has the source path \"" + path + "\", " + ofTheOther(),
            windows
                ? "Write it with its drive or share, such as C:\\Users or \\\\server\\share."
                : "Write it from the root on, such as /srv/data; or give the job to another"
                    + " device_id.");
      }
    }
  }

  private String ofTheOther() {
    return windows
        ? "which names no drive, and this machine runs Windows"
        : "which is a path of Windows, and this machine does not run it";
  }

  private void checkTags() {
    for (String tag : row.tags()) {
      if (tag.contains(",")) {
        problem(
            "tag-invalid",
            "has the tag \"" + tag + "\", and restic splits tags at commas",
            "Write two tags, or leave the comma out.");
      }
    }
    String reserved =
        row.tags().stream()
            .filter(SnapshotTags::isReserved)
            .map(tag -> "\"" + tag + "\"")
            .collect(Collectors.joining(", "));
    if (!reserved.isEmpty()) {
      warning(
          "tag-reserved",
          "has tags that the agent alone sets, and that are left out: " + reserved,
          "Remove them: UPDATE backup_jobs SET tags = '"
              + userTags().map(JobReading::quoted).collect(Collectors.joining(",", "{", "}"))
              + "' WHERE id = '"
              + row.id()
              + "'.");
    }
  }

  private Stream<String> userTags() {
    return row.tags().stream().filter(tag -> !tag.isBlank() && !SnapshotTags.isReserved(tag));
  }

  /** As an element of an array that stands in a string of SQL. */
  private static String quoted(String tag) {
    return '"' + tag.replace("\\", "\\\\").replace("\"", "\\\"").replace("'", "''") + '"';
  }

  private void checkPatterns(String column, List<String> patterns) {
    for (String pattern : patterns) {
      PatternFault.of(pattern, windows)
          .filter(fault -> fault != PatternFault.EMPTY)
          .ifPresent(fault -> {
            String what =
                "has the pattern \"" + pattern + "\" in " + column + ", which " + fault.why();
            if (fault == PatternFault.BROKEN) {
              problem("exclude-pattern-invalid", what, fault.remedy());
            } else {
              warning("exclude-pattern-idle", what + ": it may leave nothing out", fault.remedy());
            }
          });
    }
  }

  /** The values of --iexclude, which are patterns too. */
  private static List<String> ignoringCase(List<String> resticArgs) {
    List<String> patterns = new ArrayList<>();
    for (int i = 0; i < resticArgs.size(); i++) {
      String argument = resticArgs.get(i);
      if (argument.startsWith("--iexclude=")) {
        patterns.add(argument.substring("--iexclude=".length()));
      } else if (argument.equals("--iexclude") && i + 1 < resticArgs.size()) {
        patterns.add(resticArgs.get(i + 1));
      }
    }
    return patterns;
  }

  private List<String> resticArgs() {
    if (row.resticArgs().isEmpty()) {
      return List.of();
    }
    JsonNode node;
    try {
      node = JSON.readTree(row.resticArgs().get());
    } catch (JsonProcessingException e) {
      // PostgreSQL has checked it, and takes more levels than can be read here.
      problem(
          "restic-args-invalid",
          "has restic_args that cannot be read",
          "Write one string per argument, such as '[\"--limit-upload\", \"5000\"]'.");
      return List.of();
    }
    if (node.isNull()) {
      return List.of();
    }
    if (!node.isArray()) {
      problem(
          "restic-args-invalid",
          "has restic_args that is " + kindOf(node) + " instead of an array of strings",
          "Write one string per argument, such as '[\"--limit-upload\", \"5000\"]'.");
      return List.of();
    }
    List<String> args = new ArrayList<>();
    for (JsonNode element : node) {
      if (!element.isTextual()) {
        problem(
            "restic-args-invalid",
            "has restic_args with " + kindOf(element) + " among its elements",
            "Write every argument as a string, numbers too: '[\"--limit-upload\", \"5000\"]'.");
        return List.of();
      }
      args.add(element.textValue());
    }
    return args;
  }

  private static String kindOf(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case BOOLEAN -> "a boolean";
      case ARRAY -> "an array";
      default -> "null";
    };
  }

  private void problem(String code, String whatIsWrong, String remedy) {
    found.add(ofJob(code, whatIsWrong, remedy));
  }

  private void warning(String code, String whatIsWrong, String remedy) {
    warnings.add(ofJob(code, whatIsWrong, remedy).asWarning());
  }

  private Problem ofJob(String code, String whatIsWrong, String remedy) {
    return Problem.ofJob(
        code, row.id(), row.name(), "job \"" + row.name() + "\" " + whatIsWrong, remedy);
  }
}
