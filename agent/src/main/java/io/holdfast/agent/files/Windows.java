package io.holdfast.agent.files;

/** The one question about the platform; what depends on it takes the answer as a parameter. */
public final class Windows {

  private Windows() {}

  /** Whether this machine runs Windows. */
  public static boolean here() {
    return System.getProperty("os.name", "").startsWith("Windows");
  }
}
