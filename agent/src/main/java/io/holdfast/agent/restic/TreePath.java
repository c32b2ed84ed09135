package io.holdfast.agent.restic;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How restic calls a path within a snapshot: from the root on, with slashes. A drive of Windows is
 * a directory there, {@code /C}, and so is a share, {@code /\\server\share}, backslashes and all.
 */
public final class TreePath {

  private static final Pattern DRIVE = Pattern.compile("([A-Za-z]):[\\\\/](.*)", Pattern.DOTALL);
  private static final Pattern SHARE =
      Pattern.compile("(\\\\\\\\[^\\\\/]+\\\\[^\\\\/]+)(.*)", Pattern.DOTALL);

  private TreePath() {}

  /** Of a path as a machine writes it, of whichever platform; any other text stays as it is. */
  public static String of(String path) {
    Matcher drive = DRIVE.matcher(path);
    if (drive.matches()) {
      return withoutEnd("/" + drive.group(1) + "/" + slashes(drive.group(2)));
    }
    Matcher share = SHARE.matcher(path);
    return share.matches() ? withoutEnd("/" + share.group(1) + slashes(share.group(2))) : path;
  }

  private static String slashes(String path) {
    return path.replace('\\', '/');
  }

  private static String withoutEnd(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }
}
