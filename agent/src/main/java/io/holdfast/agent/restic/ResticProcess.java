package io.holdfast.agent.restic;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process: a cleared environment, nothing on standard input, both pipes read to their ends on
 * threads of their own, and an end that is asked for first and forced only after a while.
 */
final class ResticProcess {

  private static final Logger log = LoggerFactory.getLogger(ResticProcess.class);

  /** restic needs this long at most to remove its lock after it was asked to end. */
  static final Duration GRACE = Duration.ofSeconds(75);

  /** A child of restic, such as ssh, may hold the pipes open after restic has ended. */
  private static final Duration PIPES_AFTER_END = Duration.ofSeconds(5);

  /** The end of a process that was killed takes no time, unless the kernel holds it. */
  private static final Duration AFTER_KILL = Duration.ofSeconds(10);

  /** What the exit code of one that was killed is: 128 and the number of SIGKILL. */
  private static final int KILLED = 137;

  private static final long LOOK_EVERY_MILLIS = 100;

  /** Looking through all processes of a machine is not for nothing. */
  private static final Duration BETWEEN_SEARCHES = Duration.ofSeconds(1);

  /** A wrapper that has not started restic by then is taken for restic itself. */
  private static final Duration LONGEST_SEARCH = Duration.ofMinutes(1);

  /**
   * Ctrl-C reaches restic at once, and us by way of the JVM, which may be slow on a busy machine.
   */
  private static final Duration SIGNAL_ON_ITS_WAY = Duration.ofSeconds(5);

  /** What restic says when a signal ends it, and what its exit code is if it says nothing. */
  private static final Pattern SIGNALLED =
      Pattern.compile("signal (?:interrupt|terminated) received");

  private static final Set<Integer> CODES_OF_SIGNALS = Set.of(128 + 2, 128 + 15);

  /** Enough of its arguments to know it by. */
  private static final int TELLING_ARGUMENTS = 3;

  private final List<String> command;
  private final Map<String, String> environment;
  private final StopReason stopReason;
  private final Duration grace;
  private final Consumer<ProcessIdentity> started;

  /**
   * @param environment all that the process gets
   * @param stopReason when it is ended
   * @param grace how long it may take to end once it was asked to
   */
  ResticProcess(
      List<String> command,
      Map<String, String> environment,
      StopReason stopReason,
      Duration grace) {
    this(command, environment, stopReason, grace, _ -> {});
  }

  /**
   * @param started told which process it is
   */
  ResticProcess(
      List<String> command,
      Map<String, String> environment,
      StopReason stopReason,
      Duration grace,
      Consumer<ProcessIdentity> started) {
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.stopReason = stopReason;
    this.grace = grace;
    this.started = started;
  }

  /**
   * How the process ended.
   *
   * @param exitCode 128 and the signal's number if a signal ended it
   * @param stoppedBy why we ended it, if we did
   * @param survived whether it could not even be killed, as one that hangs in the kernel over a
   *     dead mount; it is left alone then
   * @param interrupted whether the calling thread was interrupted meanwhile. Its flag is down, so
   *     that the caller can still write files; the caller passes the interrupt on.
   */
  record Ended(
      int exitCode,
      Optional<ExitMeaning> stoppedBy,
      boolean survived,
      boolean interrupted,
      Duration duration) {}

  /**
   * Runs the process to its end.
   *
   * @param out gets the lines of standard output, in a thread of its own
   * @param err gets the lines of standard error, in a thread of its own
   * @throws IOException if it could not be started; the message says why
   */
  Ended run(Consumer<String> out, Consumer<String> err) throws IOException {
    return runReading(lines(out), err);
  }

  /** Line by line, whatever becomes of one. */
  static OutputReader lines(Consumer<String> lines) {
    return in -> new LineReader(in, unfailing(lines)).readToEnd();
  }

  /** Takes all of standard output as it comes. */
  @FunctionalInterface
  interface OutputReader {
    void read(InputStream in) throws IOException;
  }

  /**
   * The same for a reader of its own, which may take its time: a person may look at what it prints
   * page by page.
   *
   * @throws IOException if it could not be started; the message says why
   */
  Ended runReading(OutputReader out, Consumer<String> err) throws IOException {
    long begin = System.nanoTime();
    Process process = start();
    UnhurriedStream output = new UnhurriedStream(process.getInputStream());
    Thread outReader = Thread.ofVirtual().start(() -> readAll(output, out));
    AtomicBoolean signalled = new AtomicBoolean();
    Thread errReader =
        drain(
            process.getErrorStream(),
            line -> {
              if (SIGNALLED.matcher(line).find()) {
                signalled.set(true);
              }
              err.accept(line);
            });
    ProcessIdentity.of(process.toHandle()).ifPresent(unfailing(started));
    Watch watch = new Watch(process);
    boolean interrupted = watch.untilEnd();
    interrupted |= awaitWork(outReader, output);
    interrupted |= join(process, outReader, errReader);
    interrupted |= watch.whoSignalled(signalled.get());
    return new Ended(
        process.isAlive() ? KILLED : process.exitValue(),
        watch.stoppedBy,
        process.isAlive(),
        interrupted,
        Duration.ofNanos(System.nanoTime() - begin));
  }

  private Process start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectInput(new File(File.separatorChar == '\\' ? "NUL" : "/dev/null"));
    return builder.start();
  }

  /** What the reader does not want is read all the same: a full pipe would hold up the process. */
  private static void readAll(InputStream in, OutputReader out) {
    try {
      out.read(in);
    } catch (IOException | RuntimeException e) {
      tell(e);
    }
    try {
      var _ = in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The pipe was closed because its writer is gone.
    }
  }

  /**
   * Waits for a reader that has still something to do with what it was given. One that waits for
   * the pipe is left to {@link #join}.
   *
   * @return whether the thread was interrupted meanwhile
   */
  private static boolean awaitWork(Thread reader, UnhurriedStream output) {
    boolean interrupted = false;
    while (reader.isAlive() && output.waitsForMore().compareTo(PIPES_AFTER_END) < 0) {
      try {
        reader.join(Duration.ofMillis(LOOK_EVERY_MILLIS));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }

  private static Thread drain(InputStream in, Consumer<String> lines) {
    return Thread.ofVirtual().start(() -> new LineReader(in, unfailing(lines)).readToEnd());
  }

  /** A reader that died of one line would let the pipe fill up, and restic wait for ever. */
  private static <T> Consumer<T> unfailing(Consumer<T> lines) {
    AtomicBoolean told = new AtomicBoolean();
    return line -> {
      try {
        lines.accept(line);
      } catch (RuntimeException e) {
        if (!told.getAndSet(true)) {
          tell(e);
        }
      }
    };
  }

  /** Without the exception's own text: it may hold the line, and the line a secret. */
  private static void tell(Exception e) {
    log.error(
        "what restic says broke its reader, which goes on: {} at {}",
        e.getClass().getName(),
        e.getStackTrace().length == 0 ? "?" : e.getStackTrace()[0]);
  }

  /** Waits for the end of a process and sees to it that there is one. */
  private final class Watch {
    private final Process process;
    private final BehindWrapper wrapper =
        new BehindWrapper(command.stream().skip(1).limit(TELLING_ARGUMENTS).toList());
    private final Set<Long> asked = new HashSet<>();
    private final long begin = System.nanoTime();
    private long searched = begin;
    private boolean found;
    private Optional<ExitMeaning> stoppedBy = Optional.empty();
    private long stopAsked;

    Watch(Process process) {
      this.process = process;
    }

    /**
     * One that a signal has ended was ended by whoever asked us to end too, if anybody does within
     * a moment: both are in the foreground of one terminal.
     *
     * @return whether the thread was interrupted meanwhile
     */
    boolean whoSignalled(boolean said) {
      boolean bySignal =
          !process.isAlive()
              && process.exitValue() != 0
              && (said || CODES_OF_SIGNALS.contains(process.exitValue()));
      long deadline = System.nanoTime() + SIGNAL_ON_ITS_WAY.toNanos();
      while (bySignal && stoppedBy.isEmpty() && System.nanoTime() < deadline) {
        stoppedBy = stopReason.now().filter(ExitMeaning.CANCELLED::equals);
        try {
          Thread.sleep(LOOK_EVERY_MILLIS / 2);
        } catch (InterruptedException e) {
          stoppedBy = Optional.of(ExitMeaning.CANCELLED);
          return true;
        }
      }
      return false;
    }

    /**
     * Whether the thread was interrupted meanwhile. Returns though one that nothing can end lives.
     */
    boolean untilEnd() {
      boolean interrupted = false;
      while (true) {
        if (overdue(grace.plus(AFTER_KILL))) {
          return interrupted;
        }
        try {
          if (process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
            return interrupted;
          }
        } catch (InterruptedException e) {
          interrupted = true;
          stop(ExitMeaning.CANCELLED);
        }
        look();
      }
    }

    private void look() {
      stopReason.now().ifPresent(this::stop);
      if (since(searched).compareTo(BETWEEN_SEARCHES) >= 0) {
        searched = System.nanoTime();
        if (stoppedBy.isPresent()) {
          ask();
        } else if (!found) {
          search();
        }
      }
      if (overdue(grace)) {
        kill(process.toHandle());
      }
    }

    private boolean overdue(Duration limit) {
      return stoppedBy.isPresent() && System.nanoTime() - stopAsked > limit.toNanos();
    }

    private void stop(ExitMeaning why) {
      if (stoppedBy.isEmpty()) {
        stoppedBy = Optional.of(why);
        stopAsked = System.nanoTime();
        ask();
      }
    }

    /** Each of them once; a wrapper may have started another since. */
    private void ask() {
      wrapper.restics(process.toHandle()).stream()
          .filter(restic -> asked.add(restic.pid()))
          .forEach(Interrupt::send);
    }

    /** The lock in the repository bears restic's own number, and not that of a wrapper. */
    private void search() {
      ProcessHandle first = process.toHandle();
      found = BehindWrapper.bearsTheName(first) || since(begin).compareTo(LONGEST_SEARCH) > 0;
      if (!found) {
        ProcessHandle restic = wrapper.restics(first).getFirst();
        if (restic.pid() != first.pid()) {
          found = true;
          ProcessIdentity.of(restic).ifPresent(unfailing(started));
        }
      }
    }

    private static Duration since(long moment) {
      return Duration.ofNanos(System.nanoTime() - moment);
    }
  }

  /** First itself: it must not get to act on the death of its children. */
  static void kill(ProcessHandle process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /**
   * Waits for the readers, which end with the pipes; a grandchild that keeps those open must not
   * keep us.
   *
   * @return whether the thread was interrupted meanwhile
   */
  private static boolean join(Process process, Thread... readers) {
    long deadline = System.nanoTime() + PIPES_AFTER_END.toNanos();
    boolean interrupted = false;
    for (Thread reader : readers) {
      while (reader.isAlive() && System.nanoTime() < deadline) {
        try {
          reader.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        } catch (InterruptedException e) {
          // What was read already must not be lost for it.
          interrupted = true;
        }
      }
    }
    if (readers[0].isAlive() || readers[1].isAlive()) {
      close(process.getInputStream());
      close(process.getErrorStream());
    }
    return interrupted;
  }

  private static void close(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // It is gone: that is what was wanted.
    }
  }
}
