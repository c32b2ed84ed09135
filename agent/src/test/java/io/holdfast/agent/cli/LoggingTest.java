package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.agent.config.LogSection;
import io.holdfast.agent.config.LogSection.Format;
import io.holdfast.agent.log.LogOutput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LoggingTest {

  @TempDir private Path directory;

  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  private List<Appender<ILoggingEvent>> outputs() {
    List<Appender<ILoggingEvent>> all = new ArrayList<>();
    root.iteratorForAppenders().forEachRemaining(all::add);
    return all;
  }

  @Test
  void another_output_stays_when_the_log_goes_to_a_file() {
    Path file = directory.resolve("agent.log");
    Appender<ILoggingEvent> before = root.getAppender(LogOutput.NAME);
    ListAppender<ILoggingEvent> eventLog = new ListAppender<>();
    eventLog.start();
    root.addAppender(eventLog);
    try {
      Logging.to(new LogSection(Optional.of(file), 1 << 20, 1, Format.TEXT));
      root.error("something is wrong");
      assertThat(outputs()).hasSize(2).contains(eventLog).doesNotContain(before);
      assertThat(eventLog.list).hasSize(1);
      assertThat(file).content().contains("something is wrong");
    } finally {
      root.detachAndStopAllAppenders();
      before.start();
      root.addAppender(before);
    }
  }
}
