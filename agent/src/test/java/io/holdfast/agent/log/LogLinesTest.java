package io.holdfast.agent.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.util.Duration;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.config.LogSection;
import io.holdfast.agent.config.LogSection.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogLinesTest {

  @TempDir private Path directory;
  private final LoggerContext context = new LoggerContext();
  private final Logger logger = context.getLogger("io.holdfast.Test");

  @BeforeEach
  void asInTheProgram() {
    context.setMDCAdapter(new LogbackMDCAdapter());
  }

  private LoggingEvent event(Level level, String message, @Nullable Throwable thrown) {
    LoggingEvent event = new LoggingEvent("x", logger, level, message, thrown, null);
    event.setTimeStamp(1_700_000_000_123L);
    return event;
  }

  private String inJournal(Level level, String message, @Nullable Throwable thrown) {
    JournalLines lines = new JournalLines(LogOutput.lines(Format.TEXT, false));
    return new String(lines.encode(event(level, message, thrown)), UTF_8);
  }

  @Test
  void the_journal_gets_a_priority_and_no_time() {
    assertThat(inJournal(Level.ERROR, "no", null)).isEqualTo("<3>no\n");
    assertThat(inJournal(Level.WARN, "well", null)).isEqualTo("<4>well\n");
    assertThat(inJournal(Level.INFO, "yes", null)).isEqualTo("<6>yes\n");
    assertThat(inJournal(Level.DEBUG, "step", null)).isEqualTo("<7>step\n");
  }

  private String inFile(String message, @Nullable Throwable thrown) {
    return new String(
        LogOutput.lines(Format.TEXT, true).encode(event(Level.WARN, message, thrown)), UTF_8);
  }

  @Test
  void a_message_is_one_line_whatever_it_names_and_an_exception_is_indented() {
    assertThat(inFile("plain ü", null))
        .matches("2023-11-1[45]T\\d\\d:\\d\\d:\\d\\d\\.123(Z|[+-]\\d\\d:\\d\\d) WARN  plain ü\n");
    assertThat(inFile("file x" + HOSTILE, null))
        .hasLineCount(1)
        .endsWith(" WARN  file x" + SHOWN + "\n");
    assertThat(inFile("x", new IOException("file x" + HOSTILE)).lines().skip(1))
        .isNotEmpty()
        .allMatch(line -> line.startsWith("\t"))
        .noneMatch(line -> line.strip().chars().anyMatch(Character::isISOControl))
        .anyMatch(line -> line.startsWith("\tat "));
  }

  /** A line of the log, a colour, a turn of direction, a DEL and an old terminal's command. */
  private static final String HOSTILE =
      "\n2026-11-27T00:00:00.000Z ERROR forged by bob \u001b[31m\u202egnp\u007f\u009b2J";

  private static final String SHOWN =
      "\\n2026-11-27T00:00:00.000Z ERROR forged by bob \\u001b[31m\\u202egnp\\u007f\\u009b2J";

  @Test
  void every_line_of_a_message_has_the_priority_so_that_none_can_forge_one() {
    assertThat(inJournal(Level.INFO, "a\n<0>b\r\nc", null)).isEqualTo("<6>a\\n<0>b\\r\\nc\n");
    assertThat(inJournal(Level.ERROR, "x", new IllegalStateException("why")).lines())
        .hasSizeGreaterThan(2)
        .allMatch(line -> line.startsWith("<3>"));
  }

  @Test
  void a_line_of_json_is_one_object_whatever_it_says() throws IOException {
    String said = "a \"quoted\"\nline \u0001 and ü" + HOSTILE;
    String line =
        new String(new JsonLines().encode(event(Level.WARN, said, new IOException("why"))), UTF_8);
    assertThat(line).endsWith("}\n").hasLineCount(1).contains("\\u202egnp\\u007f\\u009b2J");
    JsonNode json = new ObjectMapper().readTree(line);
    assertThat(json.path("time").asText()).isEqualTo("2023-11-14T22:13:20.123Z");
    assertThat(json.path("level").asText()).isEqualTo("warn");
    assertThat(json.path("message").asText()).isEqualTo(said);
    assertThat(json.path("logger").asText()).isEqualTo("io.holdfast.Test");
    assertThat(json.path("exception").asText()).startsWith("java.io.IOException: why");
  }

  private LogSection section(int keep) {
    return new LogSection(Optional.empty(), 1000, keep, Format.TEXT);
  }

  private OutputStreamAppender<ILoggingEvent> rotating(Path file, int keep) {
    return LogOutput.started(
        new RotatingFile(file, section(keep), Duration.buildByMilliseconds(0)),
        context,
        LogOutput.lines(Format.TEXT, false));
  }

  @Test
  void a_long_file_is_put_aside_and_nobody_else_can_read_any_of_them() throws IOException {
    // Signs that mean something to logback.
    Path file = directory.resolve("with (all) {sorts}/agent.log");
    var appender = rotating(file, 2);
    for (int i = 0; i < 100; i++) {
      appender.doAppend(event(Level.INFO, "line " + i + " " + "x".repeat(100), null));
    }
    appender.stop();
    try (Stream<Path> files = Files.list(file.getParent())) {
      List<Path> all = files.sorted().toList();
      assertThat(all.stream().map(f -> f.getFileName().toString()))
          .containsExactly("agent.log", "agent.log.1", "agent.log.2");
      for (Path one : all) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
            .isEqualTo("rw-------");
        assertThat(Files.size(one)).isLessThan(2000);
      }
    }
    assertThat(Files.readString(file)).contains("line 99 ");
  }

  @Test
  void a_file_that_was_moved_away_is_made_anew_and_gets_what_follows() throws IOException {
    Path file = directory.resolve("agent.log");
    var appender = rotating(file, 2);
    appender.doAppend(event(Level.INFO, "before", null));
    Path moved = Files.move(file, directory.resolve("agent.log-20261130"));
    appender.doAppend(event(Level.INFO, "after", null));
    Files.delete(file);
    appender.doAppend(event(Level.INFO, "and after that", null));
    appender.stop();
    assertThat(Files.readString(moved)).contains("before").doesNotContain("after");
    assertThat(Files.readString(file)).contains("and after that").doesNotContain("before");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void a_file_that_others_could_read_is_theirs_no_longer_and_goes_on() throws IOException {
    Path file = directory.resolve("agent.log");
    Files.writeString(file, "before\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    var appender = rotating(file, 2);
    appender.doAppend(event(Level.INFO, "after", null));
    appender.stop();
    assertThat(file).hasContent("before\nafter");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void a_file_that_cannot_be_opened_is_no_output() throws IOException {
    Files.writeString(directory.resolve("file"), "");
    assertThat(LogOutput.file(context, directory.resolve("file/agent.log"), section(1))).isEmpty();
  }

  @Test
  void standard_error_is_the_journal_only_if_it_is_the_stream_that_systemd_names()
      throws IOException {
    assertThat(Journal.hears(Map.of())).isFalse();
    assertThat(Journal.hears(Map.of("INVOCATION_ID", "x", "JOURNAL_STREAM", "8:1"))).isFalse();
    var stream = Files.readAttributes(Path.of("/proc/self/fd/2"), "unix:dev,ino");
    assertThat(Journal.hears(Map.of("JOURNAL_STREAM", stream.get("dev") + ":" + stream.get("ino"))))
        .isTrue();
  }
}
