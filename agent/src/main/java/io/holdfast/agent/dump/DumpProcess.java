package io.holdfast.agent.dump;

import io.holdfast.agent.restic.BackupWatch;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.ProcessIdentity;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One {@code pg_dump}: a cleared environment, nothing on standard input, its standard output handed
 * on as it comes, and an end that is asked for first and forced only after a while. It moves on as
 * long as it writes.
 */
final class DumpProcess {

  /** It needs no longer to cancel what it asks of the server. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private static final Duration AFTER_KILL = Duration.ofSeconds(10);
  private static final Duration PIPE_AFTER_END = Duration.ofSeconds(5);
  private static final Duration SIGNAL_ON_ITS_WAY = Duration.ofSeconds(5);

  /** What the exit code is of one that Ctrl-C has ended. */
  private static final int INTERRUPTED = 130;

  private static final long LOOK_EVERY_MILLIS = 100;
  private static final int MOST_ERRORS = 64 * 1024;
  private static final int PART = 64 * 1024;

  /** What the exit code of one that was killed is: 128 and the number of SIGKILL. */
  private static final int KILLED = 137;

  private final List<String> command;
  private final Map<String, String> environment;
  private final Sink sink;
  private final BackupWatch watch;
  private final long begin = System.nanoTime();
  private volatile long lastMove = begin;
  private volatile Optional<IOException> notTaken = Optional.empty();
  private Optional<ExitMeaning> stoppedBy = Optional.empty();
  private long stopAsked;

  /** Where what it writes goes; called from one thread that nobody interrupts. */
  interface Sink {
    void take(ByteBuffer part) throws IOException;

    /** The process has ended well, and this was all. */
    void complete() throws IOException;
  }

  /**
   * @param environment all that the process gets
   */
  DumpProcess(List<String> command, Map<String, String> environment, Sink sink, BackupWatch watch) {
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.sink = sink;
    this.watch = watch;
  }

  /**
   * How the process ended.
   *
   * @param exitCode 128 and the signal's number if a signal ended it
   * @param stoppedBy why we ended it, if we did
   * @param notTaken why the sink has not taken all of it, if so; the process was ended then
   * @param errors the beginning of what it wrote to standard error
   */
  record Ended(
      int exitCode,
      Optional<ExitMeaning> stoppedBy,
      Optional<IOException> notTaken,
      String errors) {}

  /**
   * Runs the process to its end.
   *
   * @throws IOException if it could not be started; the message says why
   * @throws InterruptedException if the thread was interrupted; the process has been ended
   */
  Ended run() throws IOException, InterruptedException {
    Process process = start();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    Thread reader = Thread.ofVirtual().start(() -> drain(process.getErrorStream(), errors));
    Thread writer = Thread.ofVirtual().start(() -> handOn(process));
    ProcessIdentity.of(process.toHandle()).ifPresent(watch.started());
    boolean interrupted = awaitEnd(process, writer);
    if (interrupted) {
      throw new InterruptedException();
    }
    reader.join(PIPE_AFTER_END);
    String said = errors.toString(StandardCharsets.UTF_8).replace("\0", "");
    whoEndedIt(process, said);
    return new Ended(process.isAlive() ? KILLED : process.exitValue(), stoppedBy, notTaken, said);
  }

  /** Ctrl-C reaches it at once, and us a moment later. */
  private void whoEndedIt(Process process, String said) throws InterruptedException {
    boolean bySignal =
        !process.isAlive()
            && process.exitValue() != 0
            && (said.contains("terminated by user") || process.exitValue() == INTERRUPTED);
    long over = System.nanoTime();
    while (bySignal && stoppedBy.isEmpty() && since(over).compareTo(SIGNAL_ON_ITS_WAY) < 0) {
      stoppedBy = reasonToStop().filter(ExitMeaning.CANCELLED::equals);
      Thread.sleep(LOOK_EVERY_MILLIS / 2);
    }
  }

  private Process start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectInput(new File(File.separatorChar == '\\' ? "NUL" : "/dev/null"));
    return builder.start();
  }

  /** To its end, so that the process never waits for us; what is too much is dropped. */
  private static void drain(InputStream in, ByteArrayOutputStream errors) {
    byte[] buffer = new byte[4096];
    try {
      int read;
      while ((read = in.read(buffer)) >= 0) {
        if (errors.size() < MOST_ERRORS) {
          errors.write(buffer, 0, read);
        }
      }
    } catch (IOException e) {
      // The pipe was closed because its writer is gone: what has come is what there is.
    }
  }

  /** Whoever cannot hand on ends the process, which would wait for ever. */
  private void handOn(Process process) {
    byte[] buffer = new byte[PART];
    try (InputStream in = process.getInputStream()) {
      int read;
      while ((read = in.read(buffer)) >= 0) {
        sink.take(ByteBuffer.wrap(buffer, 0, read));
        lastMove = System.nanoTime();
      }
      if (process.waitFor() == 0) {
        sink.complete();
      }
    } catch (IOException e) {
      notTaken = Optional.of(e);
      process.destroy();
    } catch (InterruptedException | RuntimeException e) {
      // A bug must not pass for a dump.
      notTaken = Optional.of(new IOException(e));
      process.destroy();
    }
  }

  /**
   * Whether the thread was interrupted meanwhile. Returns though one that nothing can end lives.
   */
  private boolean awaitEnd(Process process, Thread writer) {
    boolean interrupted = false;
    while (!overdue(GRACE.plus(AFTER_KILL))) {
      try {
        if (process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)
            && writer.join(Duration.ofMillis(LOOK_EVERY_MILLIS))) {
          return interrupted;
        }
      } catch (InterruptedException e) {
        interrupted = true;
        stop(process, ExitMeaning.CANCELLED);
      }
      reasonToStop().ifPresent(why -> stop(process, why));
      if (overdue(GRACE)) {
        process.destroyForcibly();
      }
    }
    return interrupted;
  }

  private Optional<ExitMeaning> reasonToStop() {
    if (watch.cancellation().isCancelled()) {
      return Optional.of(ExitMeaning.CANCELLED);
    }
    if (watch.limits().timeout().filter(limit -> since(begin).compareTo(limit) > 0).isPresent()) {
      return Optional.of(ExitMeaning.TIMED_OUT);
    }
    return since(lastMove).compareTo(watch.limits().stalledAfter()) > 0
        ? Optional.of(ExitMeaning.STALLED)
        : Optional.empty();
  }

  private static Duration since(long moment) {
    return Duration.ofNanos(System.nanoTime() - moment);
  }

  private boolean overdue(Duration limit) {
    return stoppedBy.isPresent() && since(stopAsked).compareTo(limit) > 0;
  }

  private void stop(Process process, ExitMeaning why) {
    if (stoppedBy.isEmpty()) {
      stoppedBy = Optional.of(why);
      stopAsked = System.nanoTime();
      process.destroy();
    }
  }
}
