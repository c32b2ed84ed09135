package io.holdfast.agent.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.holdfast.agent.config.LogSection;
import io.holdfast.agent.config.LogSection.Format;
import io.holdfast.agent.job.LogLevel;
import io.holdfast.agent.log.Journal;
import io.holdfast.agent.log.LogOutput;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * Logs to standard error: warnings for a command, everything from INFO for the daemon, which may
 * log to a file instead. In code, since reading logback's XML would take a command's start several
 * times as long.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(LogOutput.standardError(context, Format.TEXT, Journal.hears(System.getenv())));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** From now on all that the daemon does is logged, and with {@code verbose} every step of it. */
  static void forDaemon(boolean verbose) {
    level(verbose ? LogLevel.DEBUG : LogLevel.INFO);
    // The pool's own account of a database that is away repeats what we say in a sentence.
    level("com.zaxxer.hikari", Level.ERROR);
  }

  /** How much of what the agent does is logged from now on. */
  static void level(LogLevel level) {
    Level wanted = Level.valueOf(level.name());
    level("io.holdfast", wanted);
    // Of others never more than warnings: nobody has looked at what they say.
    level(org.slf4j.Logger.ROOT_LOGGER_NAME, level == LogLevel.ERROR ? Level.ERROR : Level.WARN);
  }

  /** The log goes where the configuration file says from now on. */
  static void to(LogSection section) {
    if (section.equals(LogSection.USUAL)
        || !(LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root)) {
      return;
    }
    LoggerContext context = root.getLoggerContext();
    Optional<OutputStreamAppender<ILoggingEvent>> file =
        section.file().flatMap(path -> LogOutput.file(context, path, section));
    Appender<ILoggingEvent> output =
        file.isPresent()
            ? file.get()
            : LogOutput.standardError(context, section.format(), Journal.hears(System.getenv()));
    Appender<ILoggingEvent> before = root.getAppender(LogOutput.NAME);
    root.addAppender(output);
    if (before != null) {
      root.detachAppender(before);
      before.stop();
    }
    section.file().filter(_ -> file.isEmpty()).ifPresent(Logging::complain);
  }

  private static void complain(Path file) {
    LoggerFactory.getLogger("config")
        .warn(
            "the log file {} cannot be written, so the log goes to standard error. Check that the agent's"
                + " user may write there, and that the disk is not full.",
            file);
  }

  /** The command itself shows what happens: the log must not say it twice. */
  static void quiet() {
    level("io.holdfast", Level.OFF);
    level("config", Level.WARN);
  }

  private static void level(String logger, Level level) {
    if (LoggerFactory.getLogger(logger) instanceof Logger logback) {
      logback.setLevel(level);
    }
  }
}
