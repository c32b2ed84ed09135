package io.holdfast.agent.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Feeds a reader with good input that was damaged at random, and looks that it answers as it does
 * to any bad input: neither an exception that nobody expects, nor without an end, nor with ever
 * more memory. A few hundred inputs in the suite, and as many as there is time for with {@code
 * packaging/fuzz}. An input that fails is kept in {@code target/fuzz}.
 *
 * <p>Not coverage-guided: the readers are small, and what they are given is damaged where it is
 * read.
 */
public final class Fuzz {

  /** Reads an input, or refuses it. */
  @FunctionalInterface
  public interface Reader {
    void read(byte[] input) throws Exception;
  }

  /** The same for a text. */
  @FunctionalInterface
  public interface TextReader {
    void read(String input) throws Exception;
  }

  /** How long each reader is fed; 0 for a number of inputs that takes no time. */
  private static final long SECONDS = Long.getLong("holdfast.fuzz.seconds", 0);

  private static final int INPUTS = 400;

  /** In the suite always the same: what is new is looked for by packaging/fuzz. */
  private static final long SEED = Long.getLong("holdfast.seed", 1);

  /** Far more than any input takes, on a busy machine too. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final long MORE_MEMORY = 32L << 20;

  /** What readers have stumbled over: in ours and in others' programs. */
  private static final List<String> TOKENS =
      List.of(
          "\u0000",
          "\n",
          "\r\n",
          "\t",
          "\u001b[31m",
          "\u202e",
          "\u200b",
          "\ufeff",
          "\ud83d",
          "ſ",
          "İ",
          "\"",
          "'",
          "\\",
          "\\u0000",
          "\\ud800",
          "{",
          "}",
          "[",
          "]",
          ":",
          ",",
          "#",
          "&a",
          "*a",
          "<<",
          "!!x ",
          "---\n",
          "%",
          "%00",
          "%zz",
          "@",
          "//",
          "../",
          "-",
          "--",
          "=",
          ";",
          "$(x)",
          "`",
          "|",
          ">",
          "? ",
          "null",
          "true",
          "NaN",
          "-0",
          "1e999",
          "-1",
          "0x10",
          "9223372036854775808",
          "2147483648",
          "99999999999999999999999999",
          "0001-01-01T00:00:00Z",
          "+999999999-12-31T23:59:59Z",
          "2026-02-30",
          "24:00",
          "1969-12-31T23:59:60Z",
          "*/0",
          "*",
          "L",
          "1-",
          "fri",
          "FRI",
          "@every 1s");

  private final Random random;
  private final List<byte[]> good;

  private Fuzz(Random random, List<byte[]> good) {
    this.random = random;
    this.good = good;
  }

  /**
   * Feeds a reader of texts.
   *
   * @param name of what is read, for the message and the file of an input that fails
   * @param good inputs that are right; the reader is fed with them too
   * @param refusals the exceptions by which it may refuse an input
   */
  public static void texts(
      String name, List<String> good, List<Class<? extends Exception>> refusals, TextReader reader)
      throws Exception {
    bytes(
        name,
        good.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList(),
        refusals,
        input -> reader.read(new String(input, StandardCharsets.UTF_8)));
  }

  /** The same for a reader of bytes. */
  public static void bytes(
      String name, List<byte[]> good, List<Class<? extends Exception>> refusals, Reader reader)
      throws Exception {
    assertThat(good).isNotEmpty();
    System.out.println(name + ": fed by -Dholdfast.seed=" + SEED);
    Fuzz fuzz = new Fuzz(new Random(31 * SEED + name.hashCode()), good);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    long inputs = 0;
    long before = -1;
    try (ExecutorService thread = Executors.newSingleThreadExecutor(Fuzz::daemon)) {
      for (byte[] input : good) {
        feed(thread, name, input, refusals, reader);
      }
      while (inputs < INPUTS || System.nanoTime() < end) {
        feed(thread, name, fuzz.damaged(), refusals, reader);
        inputs++;
        if (inputs == INPUTS) {
          before = usedMemory();
        }
      }
    }
    if (inputs > INPUTS) {
      assertThat(usedMemory() - before)
          .as("bytes that %s has kept of %d inputs", name, inputs)
          .isLessThan(MORE_MEMORY);
    }
    System.out.println(name + ": " + inputs + " inputs");
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "fuzz");
    thread.setDaemon(true);
    return thread;
  }

  private static void feed(
      ExecutorService thread,
      String name,
      byte[] input,
      List<Class<? extends Exception>> refusals,
      Reader reader)
      throws Exception {
    Future<?> reading =
        thread.submit(() -> {
          reader.read(input);
          return null;
        });
    try {
      reading.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      reading.cancel(true);
      throw failure(name, input, "does not come to an end", e);
    } catch (ExecutionException e) {
      if (refusals.stream().noneMatch(refusal -> refusal.isInstance(e.getCause()))) {
        throw failure(name, input, "fails with " + e.getCause(), e.getCause());
      }
    }
  }

  private static AssertionError failure(String name, byte[] input, String what, Throwable cause)
      throws IOException {
    Path kept =
        Files.createDirectories(Path.of("target", "fuzz"))
            .resolve(name.replaceAll("[^A-Za-z0-9]+", "-"));
    Files.write(kept, input);
    return new AssertionError(
        name + " " + what + "; the input is kept in " + kept.toAbsolutePath(), cause);
  }

  private static long usedMemory() throws InterruptedException {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      used = Math.min(used, Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
      Thread.onSpinWait();
    }
    return used;
  }

  private byte[] damaged() {
    byte[] input = one().clone();
    int times = 1 + random.nextInt(random.nextInt(8) + 1);
    for (int i = 0; i < times; i++) {
      input = damaged(input);
    }
    return input;
  }

  private byte[] one() {
    return good.get(random.nextInt(good.size()));
  }

  private byte[] damaged(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int to = Math.min(input.length, from + random.nextInt(random.nextInt(64) + 1));
    return switch (random.nextInt(10)) {
      case 0 -> replaced(input, from, to, new byte[0]);
      case 1 -> replaced(input, from, from, range(input, from, to));
      case 2 -> replaced(input, from, Math.min(input.length, from + 1), oneByte());
      case 3 -> range(input, 0, from);
      case 4 -> many(input, from, to);
      case 5 -> spliced(input, from);
      case 6 -> number(input);
      default -> replaced(input, from, random.nextBoolean() ? from : to, token());
    };
  }

  private byte[] oneByte() {
    return new byte[] {(byte) random.nextInt(256)};
  }

  private byte[] token() {
    return TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.UTF_8);
  }

  /** A piece of it again and again: nested deeply, or very long. */
  private byte[] many(byte[] input, int from, int to) {
    byte[] piece = random.nextBoolean() ? token() : range(input, from, to);
    int times = 1 << random.nextInt(random.nextInt(16) + 1);
    byte[] pieces = new byte[Math.min(piece.length * times, 1 << 18)];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = piece[i % piece.length];
    }
    return replaced(input, from, from, pieces);
  }

  private byte[] spliced(byte[] input, int from) {
    byte[] other = one();
    int begin = random.nextInt(other.length + 1);
    return replaced(input, from, input.length, range(other, begin, other.length));
  }

  /** One of its numbers is another. */
  private byte[] number(byte[] input) {
    List<Integer> digits = new ArrayList<>();
    for (int i = 0; i < input.length; i++) {
      if (input[i] >= '0' && input[i] <= '9') {
        digits.add(i);
      }
    }
    if (digits.isEmpty()) {
      return input;
    }
    int from = digits.get(random.nextInt(digits.size()));
    int to = from;
    while (to < input.length && input[to] >= '0' && input[to] <= '9') {
      to++;
    }
    String other =
        switch (random.nextInt(4)) {
          case 0 -> Long.toString(random.nextLong());
          case 1 -> Integer.toString(random.nextInt(100));
          case 2 -> "9".repeat(random.nextInt(400) + 1);
          default -> "-" + random.nextDouble();
        };
    return replaced(input, from, to, other.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] range(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  private static byte[] replaced(byte[] input, int from, int to, byte[] by) {
    byte[] result = new byte[from + by.length + input.length - to];
    System.arraycopy(input, 0, result, 0, from);
    System.arraycopy(by, 0, result, from, by.length);
    System.arraycopy(input, to, result, from + by.length, input.length - to);
    return result;
  }
}
