package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies below a source path and is not to be backed up: the repository itself, which would hold
 * all that it holds once more after each backup, and what the agent writes meanwhile.
 */
final class OwnPlaces {

  private static final Logger log = LoggerFactory.getLogger(OwnPlaces.class);

  private OwnPlaces() {}

  /**
   * The patterns that leave them out, as far as can be found out in the time.
   *
   * @param own directories; one that a source path lies in is somebody's wish, and stays
   */
  static List<String> excludes(List<String> sources, List<Path> own, Duration limit) {
    FutureTask<List<String>> look =
        new FutureTask<>(() ->
            sources.stream()
                .flatMap(source -> own.stream().flatMap(place -> below(source, place).stream()))
                .map(OwnPlaces::pattern)
                .distinct()
                .toList());
    Thread.ofPlatform().daemon().name("own places").start(look);
    try {
      return look.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // A dead mount must hang restic, which can be ended, instead of us.
      log.warn("the source paths {} do not answer", sources);
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How restic calls the place when it comes by from the source; links on the way are followed. */
  private static Optional<Path> below(String source, Path place) {
    try {
      Path from = Path.of(source);
      Path realSource = from.toRealPath();
      Path realPlace = place.toRealPath();
      return realPlace.startsWith(realSource) && !realPlace.equals(realSource)
          ? Optional.of(from.normalize().resolve(realSource.relativize(realPlace)))
          : Optional.empty();
    } catch (IOException | InvalidPathException e) {
      // What is not there is not backed up either.
      return Optional.empty();
    }
  }

  /** Windows has no character that takes the meaning from another. */
  private static String pattern(Path path) {
    return Windows.here() ? path.toString() : RestorePattern.literal(path.toString());
  }
}
