package io.holdfast.agent.postgres;

import io.holdfast.agent.run.RunStatistics;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/** The columns of {@code runs} that hold restic's own figures, all empty if it has told none. */
final class RunFigures {

  private RunFigures() {}

  static void bind(SqlStatement<?> statement, Optional<RunStatistics> figures) {
    statement
        .bind("filesNew", number(figures, RunStatistics::filesNew))
        .bind("filesChanged", number(figures, RunStatistics::filesChanged))
        .bind("filesUnmodified", number(figures, RunStatistics::filesUnmodified))
        .bind("dirsNew", number(figures, RunStatistics::dirsNew))
        .bind("dirsChanged", number(figures, RunStatistics::dirsChanged))
        .bind("dirsUnmodified", number(figures, RunStatistics::dirsUnmodified))
        .bind("dataAdded", number(figures, RunStatistics::dataAddedBytes))
        .bind("dataAddedPacked", figures.flatMap(RunStatistics::dataAddedPackedBytes).orElse(null))
        .bind("totalFiles", number(figures, RunStatistics::totalFilesProcessed))
        .bind("totalBytes", number(figures, RunStatistics::totalBytesProcessed));
  }

  private static @Nullable Long number(
      Optional<RunStatistics> figures, Function<RunStatistics, Long> figure) {
    return figures.map(figure).orElse(null);
  }
}
