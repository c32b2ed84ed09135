package io.holdfast.agent.restic;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** A stream that knows whether its reader waits for it, or is busy with what it was given. */
final class UnhurriedStream extends FilterInputStream {

  private static final long BUSY = Long.MIN_VALUE;

  private volatile long waitingSince = BUSY;

  UnhurriedStream(InputStream in) {
    super(in);
  }

  /** How long the reader has been waiting; zero while it does something else. */
  Duration waitsForMore() {
    long since = waitingSince;
    return since == BUSY ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
  }

  @Override
  public int read() throws IOException {
    waitingSince = System.nanoTime();
    try {
      return in.read();
    } finally {
      waitingSince = BUSY;
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    waitingSince = System.nanoTime();
    try {
      return in.read(buffer, offset, length);
    } finally {
      waitingSince = BUSY;
    }
  }
}
