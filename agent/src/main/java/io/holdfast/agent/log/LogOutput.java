package io.holdfast.agent.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.holdfast.agent.config.LogSection;
import io.holdfast.agent.config.LogSection.Format;
import java.nio.file.Path;
import java.util.Optional;

/** Where the log goes, made in code: reading logback's XML would make every command slower. */
public final class LogOutput {

  /** By which logback knows our one output, beside those of a platform. */
  public static final String NAME = "log";

  private LogOutput() {}

  /**
   * @param journal whether standard error is the journal, which has the time itself
   */
  public static OutputStreamAppender<ILoggingEvent> standardError(
      LoggerContext context, Format format, boolean journal) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget("System.err");
    return started(
        appender, context, journal ? new JournalLines(lines(format, false)) : lines(format, true));
  }

  /** Empty if the file cannot be opened. */
  public static Optional<OutputStreamAppender<ILoggingEvent>> file(
      LoggerContext context, Path file, LogSection section) {
    return Optional.of(
            started(
                new RotatingFile(file, section, RotatingFile.USUAL_PACE),
                context,
                lines(section.format(), true)))
        .filter(OutputStreamAppender::isStarted);
  }

  static OutputStreamAppender<ILoggingEvent> started(
      OutputStreamAppender<ILoggingEvent> appender,
      LoggerContext context,
      Encoder<ILoggingEvent> lines) {
    appender.setName(NAME);
    appender.setContext(context);
    lines.setContext(context);
    lines.start();
    appender.setEncoder(lines);
    appender.start();
    return appender;
  }

  /**
   * @param timed whether a line of text has its time and level in front; one of JSON always has
   */
  static Encoder<ILoggingEvent> lines(Format format, boolean timed) {
    return format == Format.JSON ? new JsonLines() : new TextLines(timed);
  }
}
