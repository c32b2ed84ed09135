package io.holdfast.agent.restic;

/** restic tries a password on the first 20 keys of a repository, in no order that anybody knows. */
public final class TooManyKeys {

  /** What stands behind the name of the repository. */
  public static final String SENTENCE =
      " has so many keys that restic gives up: it tries the password on 20 of them and no more";

  public static final String REMEDY =
      "Remove the keys that nobody uses, by 'restic key list' and 'restic key remove' with a password"
          + " that still opens it, or with --key-hint and the id of the right key. Machines that share"
          + " a password need one key together.";

  private TooManyKeys() {}

  /** Whether that is what restic says. */
  public static boolean said(String errors) {
    return errors.contains("maximum number of keys reached");
  }
}
