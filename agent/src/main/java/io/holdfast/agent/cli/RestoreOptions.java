package io.holdfast.agent.cli;

import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import io.holdfast.agent.restore.RestoreWish;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What {@code restore} and {@code recover} are told alike. */
final class RestoreOptions {

  @Option(
      names = {"--to", "--target"},
      paramLabel = "DIR",
      description =
          "the directory under which the snapshot's paths appear; new, or empty; restic's --target")
  private @Nullable Path to;

  @Option(
      names = "--in-place",
      description = "put the files back where they were; with --overwrite; restic 0.17 or newer")
  private boolean inPlace;

  @Option(
      names = "--into-existing",
      description = "DIR may hold something; what differs from the snapshot is replaced")
  private boolean intoExisting;

  @Option(
      names = "--overwrite",
      paramLabel = "RULE",
      converter = Rules.class,
      completionCandidates = Rules.class,
      description =
          "what becomes of files that are there: never, if-newer (replaced if the snapshot's is newer),"
              + " if-changed, always; restic 0.17 or newer")
  private @Nullable Overwrite overwrite;

  /** The rules as they are written. */
  static final class Rules implements ITypeConverter<Overwrite>, Iterable<String> {
    @Override
    public Overwrite convert(String value) {
      return Arrays.stream(Overwrite.values())
          .filter(rule -> rule.toString().equalsIgnoreCase(value.replace('_', '-')))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "\"" + value + "\" is none of " + String.join(", ", this)));
    }

    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Overwrite.values()).map(Overwrite::toString).iterator();
    }
  }

  @Option(
      names = {"-i", "--include"},
      paramLabel = "PATTERN",
      description = "restore only what matches; may be repeated")
  private List<String> includes = new ArrayList<>();

  @Option(
      names = {"-e", "--exclude"},
      paramLabel = "PATTERN",
      description = "restore all but what matches; may be repeated")
  private List<String> excludes = new ArrayList<>();

  @Option(
      names = {"-n", "--dry-run"},
      description = "write nothing, only list what would be written; restic 0.17 or newer")
  private boolean dryRun;

  @Option(names = "--verify", description = "read again what was written, and compare")
  private boolean verify;

  /** Whether none of them was given. */
  boolean isUntouched() {
    return to == null
        && overwrite == null
        && includes.isEmpty()
        && excludes.isEmpty()
        && !(inPlace || intoExisting || dryRun || verify);
  }

  RestoreWish wish() {
    return new RestoreWish(
        Optional.ofNullable(to),
        inPlace,
        intoExisting,
        Optional.ofNullable(overwrite),
        includes,
        excludes,
        dryRun,
        verify);
  }
}
