package io.holdfast.agent.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.util.CachingDateFormatter;
import io.holdfast.agent.text.Visible;
import java.util.Locale;

/**
 * A line for each message, whatever is in it, and indented lines for an exception: nothing that
 * somebody else has named can begin a line of its own.
 */
final class TextLines extends EncoderBase<ILoggingEvent> {

  /** In the machine's zone. */
  private final CachingDateFormatter time =
      new CachingDateFormatter("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", null, Locale.ROOT);

  private final boolean timed;

  /**
   * @param timed whether a line has its time and level in front
   */
  TextLines(boolean timed) {
    this.timed = timed;
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringBuilder lines = new StringBuilder();
    if (timed) {
      lines.append(time.format(event.getTimeStamp()));
      lines.append(String.format(Locale.ROOT, " %-5s ", event.getLevel()));
    }
    lines.append(Visible.of(String.valueOf(event.getFormattedMessage()))).append('\n');
    if (event.getThrowableProxy() != null) {
      ThrowableProxyUtil.asString(event.getThrowableProxy())
          .lines()
          .forEach(line -> indented(line, lines));
    }
    return lines.toString().getBytes(UTF_8);
  }

  private static void indented(String line, StringBuilder lines) {
    String said = line.stripLeading();
    lines.repeat('\t', Math.max(1, line.length() - said.length()));
    lines.append(Visible.of(said)).append('\n');
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
