package io.holdfast.agent.restic;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is wrong with source paths: before 0.19 restic skips those that are missing and reports
 * success, as it does for those that hold nothing.
 */
final class SourcePaths {

  private static final Logger log = LoggerFactory.getLogger(SourcePaths.class);

  private final List<String> missing = new ArrayList<>();
  private final List<BareSource> bare = new ArrayList<>();

  private SourcePaths() {}

  /**
   * What was found.
   *
   * @param missing those that are not there
   * @param bare those below which there is no file
   */
  record Found(List<String> missing, List<BareSource> bare) {
    Found {
      missing = List.copyOf(missing);
      bare = List.copyOf(bare);
    }
  }

  /**
   * What can be found out in the time: a dead network mount answers never, and must hang restic,
   * which can be ended, instead of us.
   */
  static Found look(List<String> sources, Duration limit) {
    SourcePaths paths = new SourcePaths();
    Thread look =
        Thread.ofPlatform().daemon().name("source paths").start(() -> sources.forEach(paths::look));
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
    return paths.found();
  }

  private void look(String source) {
    try {
      Path path = Path.of(source);
      if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
        missing(source);
      } else {
        bare(path).ifPresent(kind -> bare(new BareSource(source, kind)));
      }
    } catch (InvalidPathException e) {
      missing(source);
    } catch (IOException e) {
      // restic says itself what it cannot read.
      log.debug("{} cannot be looked at: {}", source, e.toString());
    }
  }

  private static Optional<BareSource.Kind> bare(Path path) throws IOException {
    BasicFileAttributes is =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (is.isSymbolicLink()) {
      return Optional.of(BareSource.Kind.LINK);
    }
    if (is.isDirectory()) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        return entries.iterator().hasNext()
            ? Optional.empty()
            : Optional.of(BareSource.Kind.EMPTY_DIRECTORY);
      }
    }
    return is.isOther() ? Optional.of(BareSource.Kind.SPECIAL) : Optional.empty();
  }

  private synchronized void missing(String source) {
    missing.add(source);
  }

  private synchronized void bare(BareSource source) {
    bare.add(source);
  }

  private synchronized Found found() {
    return new Found(missing, bare);
  }
}
