package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;

/** What ps shows: the command line of every process, looked at again and again until closed. */
public final class CommandLines implements AutoCloseable {

  private final Set<String> seen = new ConcurrentSkipListSet<>();
  private final Thread watcher = Thread.ofPlatform().start(this::watch);
  private volatile boolean closed;

  /** All that were seen; looks no more. */
  public Set<String> seen() throws InterruptedException {
    close();
    watcher.join();
    return seen;
  }

  @Override
  public void close() {
    closed = true;
  }

  private void watch() {
    while (!closed) {
      try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
        processes
            .filter(p -> p.getFileName().toString().chars().allMatch(Character::isDigit))
            .forEach(p -> read(p.resolve("cmdline")));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void read(Path file) {
    try {
      seen.add(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace('\0', ' '));
    } catch (IOException e) {
      // The process has ended.
    }
  }
}
