package io.holdfast.agent.restic;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads a stream to its end and hands out its lines, whatever the bytes: what is not UTF-8 is
 * replaced, NUL is left out, and of a line that is too long the beginning is handed out and the
 * rest skipped.
 */
final class LineReader {

  static final int LONGEST_LINE = 256 * 1024;

  private final InputStream in;
  private final Consumer<String> lines;
  private byte[] line = new byte[1024];
  private int length;

  LineReader(InputStream in, Consumer<String> lines) {
    this.in = in;
    this.lines = lines;
  }

  /** Returns when the stream has ended, or when it was closed under us. */
  void readToEnd() {
    byte[] buffer = new byte[16 * 1024];
    try {
      int read;
      while ((read = in.read(buffer)) >= 0) {
        for (int i = 0; i < read; i++) {
          take(buffer[i]);
        }
      }
    } catch (IOException e) {
      // The pipe was closed because its writer is gone: what has come is what there is.
    }
    if (length > 0) {
      handOut();
    }
  }

  private void take(byte b) {
    if (b == '\n') {
      handOut();
    } else if (b != 0 && length < LONGEST_LINE) {
      if (length == line.length) {
        line = Arrays.copyOf(line, line.length * 2);
      }
      line[length++] = b;
    }
  }

  private void handOut() {
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    length = 0;
    lines.accept(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
  }
}
