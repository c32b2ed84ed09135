package io.holdfast.agent.restic;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Reads an answer of restic and knows whether it was read to its end. A list that broke off is
 * none: whoever took it for one would say that the repository holds nothing.
 */
final class WholeAnswer implements ResticProcess.OutputReader {

  private final ResticProcess.OutputReader reader;
  private volatile Optional<String> fault = Optional.empty();
  private volatile boolean tooLong;

  WholeAnswer(ResticProcess.OutputReader reader) {
    this.reader = reader;
  }

  /** Returns whatever happens, so that the rest of the pipe is emptied. */
  @Override
  public void read(InputStream in) {
    try {
      reader.read(unclosed(in));
    } catch (OutOfMemoryError e) {
      tooLong = true;
    } catch (IOException | RuntimeException e) {
      // Without its own text, which may hold what was read.
      fault = Optional.of(e.getClass().getSimpleName());
    }
  }

  /** restic that finds its pipe closed dies of it, and leaves its lock behind. */
  private static InputStream unclosed(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public void close() {
        // The rest is read by whoever gave it to us.
      }
    };
  }

  /**
   * @throws RepositoryUnreadable if something of it was not read
   */
  void check(String command) throws RepositoryUnreadable {
    if (tooLong) {
      throw new RepositoryUnreadable(
          ExitMeaning.INCOMPLETE,
          "the answer of 'restic " + command + "' is longer than this program has memory for",
          "Ask for less; or give it more: HOLDFAST_JAVA_OPTIONS=-Xmx512m.");
    }
    if (fault.isPresent()) {
      throw new RepositoryUnreadable(
          ExitMeaning.INCOMPLETE,
          "the answer of 'restic "
              + command
              + "' could not be read to its end ("
              + fault.get()
              + ")",
          "Try again; if it stays so, look at what 'restic " + command + " --json' says.");
    }
  }
}
