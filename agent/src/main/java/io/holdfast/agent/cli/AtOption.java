package io.holdfast.agent.cli;

import io.holdfast.agent.restore.CannotRestore;
import io.holdfast.agent.restore.PointInTime;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --at}: a job's newest snapshot that is not after a moment, instead of its latest. */
final class AtOption {

  @Option(
      names = "--at",
      paramLabel = "WHEN",
      description =
          "of a job, the newest snapshot not after this: 14:00, 1h, '2 days ago', yesterday, 2026-11-01"
              + " (its end), '2026-11-01 14:00', 2026-11-01T14:00:00Z")
  private @Nullable String when;

  Optional<Instant> moment() throws CannotRestore {
    return when == null
        ? Optional.empty()
        : Optional.of(PointInTime.of(when, ZonedDateTime.now(ZoneId.systemDefault())));
  }
}
