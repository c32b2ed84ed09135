package io.holdfast.agent.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import java.util.stream.Collectors;

/**
 * Each line with its priority in front, as sd-daemon(3) has it, around another form. Every line of
 * a message is an entry of the journal, so each gets the priority.
 */
final class JournalLines extends EncoderBase<ILoggingEvent> {

  private final Encoder<ILoggingEvent> form;

  JournalLines(Encoder<ILoggingEvent> form) {
    this.form = form;
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    String prefix = "<" + priority(event.getLevel()) + ">";
    return new String(form.encode(event), UTF_8)
        .lines()
        .map(line -> prefix + line + "\n")
        .collect(Collectors.joining())
        .getBytes(UTF_8);
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }

  private static int priority(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> 3;
      case Level.WARN_INT -> 4;
      case Level.INFO_INT -> 6;
      default -> 7;
    };
  }
}
