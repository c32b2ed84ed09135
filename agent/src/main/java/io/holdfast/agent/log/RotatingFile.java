package io.holdfast.agent.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAware;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import io.holdfast.agent.config.LogSection;
import io.holdfast.agent.files.OwnersOnly;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A log file that is put aside when it is long enough, as {@code .1}, {@code .2} and so on. Nobody
 * but its owner can read any of them: they name files and hosts.
 */
final class RotatingFile extends RollingFileAppender<ILoggingEvent> {

  /** How often its size is looked at, and whether it is still where it was opened. */
  static final Duration USUAL_PACE = Duration.buildBySeconds(1);

  private final long paceNanos;
  private Optional<Object> opened = Optional.empty();
  private long looked = System.nanoTime();

  RotatingFile(Path file, LogSection section, Duration pace) {
    setFile(file.toString());
    paceNanos = TimeUnit.MILLISECONDS.toNanos(pace.getMilliseconds());
    FixedWindowRollingPolicy aside = new FixedWindowRollingPolicy();
    // A percent sign in the path would mean something here, and is refused before.
    aside.setFileNamePattern(file + ".%i");
    aside.setMinIndex(1);
    aside.setMaxIndex(section.keep());
    aside.setParent(this);
    setRollingPolicy(aside);
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setMaxFileSize(new FileSize(section.maxBytes()));
    size.setCheckIncrement(pace);
    setTriggeringPolicy(size);
  }

  @Override
  public void start() {
    start((ContextAware) getRollingPolicy());
    ((FixedWindowRollingPolicy) getRollingPolicy()).start();
    start((ContextAware) getTriggeringPolicy());
    getTriggeringPolicy().start();
    super.start();
  }

  private void start(ContextAware policy) {
    policy.setContext(getContext());
  }

  @Override
  public void openFile(String name) throws IOException {
    Path file = Path.of(name);
    Path directory = file.getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    try {
      Files.createFile(file, OwnersOnly.at(file));
    } catch (FileAlreadyExistsException e) {
      if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      }
    }
    super.openFile(name);
    opened = keyOf(file);
  }

  /** Another program may have moved the file away, as logrotate does: what follows is a new one. */
  @Override
  protected void subAppend(ILoggingEvent event) {
    reopenIfMoved();
    super.subAppend(event);
  }

  private synchronized void reopenIfMoved() {
    long now = System.nanoTime();
    if (now - looked < paceNanos) {
      return;
    }
    looked = now;
    Path file = Path.of(getFile());
    if (!opened.equals(keyOf(file))) {
      try {
        openFile(getFile());
      } catch (IOException e) {
        addError("the log file " + file + " cannot be made anew", e);
      }
    }
  }

  /** Which file it is, whatever it is called; empty if there is none, or nobody can say. */
  private static Optional<Object> keyOf(Path file) {
    try {
      return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
