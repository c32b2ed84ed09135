package io.holdfast.agent.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A path that means the same whichever directory the agent was started in. What begins with {@code
 * ~} or a variable is none: only a shell replaces these.
 */
final class AbsolutePath {

  private AbsolutePath() {}

  static boolean is(String written) {
    try {
      return Path.of(written).isAbsolute();
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
