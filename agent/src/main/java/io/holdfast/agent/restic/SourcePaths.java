package io.holdfast.agent.restic;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which source paths are not there: before 0.19 restic skips them and reports success. */
final class SourcePaths {

  private static final Logger log = LoggerFactory.getLogger(SourcePaths.class);

  private SourcePaths() {}

  /**
   * Those that do not exist, as far as can be found out in the time: a dead network mount answers
   * never, and must hang restic, which can be ended, instead of us.
   */
  static List<String> missing(List<String> sources, Duration limit) {
    List<String> missing = new CopyOnWriteArrayList<>();
    Thread look =
        Thread.ofPlatform()
            .daemon()
            .name("source paths")
            .start(() -> sources.stream().filter(SourcePaths::isMissing).forEach(missing::add));
    boolean interrupted = false;
    try {
      if (!look.join(limit)) {
        log.warn("the source paths {} do not answer", sources);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return List.copyOf(missing);
  }

  private static boolean isMissing(String source) {
    try {
      return Files.notExists(Path.of(source), LinkOption.NOFOLLOW_LINKS);
    } catch (InvalidPathException e) {
      return true;
    }
  }
}
