package io.holdfast.agent.restore;

import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestorePattern;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * The directories that a restore only passes through on its way to what is meant. restic would give
 * each of them the owner, mode and times of the snapshot, though nobody has asked for that.
 */
final class Passage {

  private static final String ANY_CHARACTERS = "[^/]*";
  private static final Pattern NOTHING = Pattern.compile("(?!)");

  private final List<Pattern> meant;
  private final RestoreOrder order;

  Passage(RestoreOrder order) {
    this.order = order;
    meant = meant(order).stream().map(Passage::expression).toList();
  }

  private static List<String> meant(RestoreOrder order) {
    return order.includes().isEmpty() ? order.sources() : order.includes();
  }

  /** Whether the restore is bounded at all: otherwise nothing lies on its way. */
  boolean isBounded() {
    return !meant.isEmpty();
  }

  /** Whether every pattern is a path that is written out. */
  boolean isLiteral() {
    return meant(order).stream()
        .allMatch(pattern ->
            pattern.startsWith("/")
                && Stream.of(pattern.split("/", -1)).noneMatch(RestorePattern::isSpecial));
  }

  /** Of patterns that are written out: the directories above them, and where restic begins. */
  Set<Path> above() {
    Set<Path> above = new LinkedHashSet<>(List.of(order.destination()));
    for (String path : meant(order)) {
      String tidy = path.replaceFirst("/+$", "");
      for (int slash = tidy.indexOf('/', 1); slash > 0; slash = tidy.indexOf('/', slash + 1)) {
        above.add(order.place(tidy.substring(0, slash)));
      }
    }
    return above;
  }

  /** The places that the patterns name, which are written out. */
  List<Path> places() {
    return meant(order).stream().map(order::place).toList();
  }

  /**
   * Whether a directory is not meant itself.
   *
   * @param item as restic names it
   */
  boolean isOnTheWay(String item) {
    return isBounded() && meant.stream().noneMatch(pattern -> pattern.matcher(item).matches());
  }

  /** What restic takes a pattern for, which means all below what it fits as well. */
  private static Pattern expression(String pattern) {
    StringBuilder expression = new StringBuilder(pattern.startsWith("/") ? "" : "(?:/[^/]+)*");
    for (String part : pattern.split("/", -1)) {
      if (part.equals("**")) {
        expression.append("(?:/[^/]+)*");
      } else if (!part.isEmpty()) {
        expression.append('/').append(component(part));
      }
    }
    try {
      return Pattern.compile(expression.append("(?:/.*)?").toString(), Pattern.DOTALL);
    } catch (PatternSyntaxException e) {
      // restic will refuse it.
      return NOTHING;
    }
  }

  private static String component(String glob) {
    StringBuilder expression = new StringBuilder();
    int i = 0;
    while (i < glob.length()) {
      char c = glob.charAt(i);
      int end = c == '[' ? glob.indexOf(']', i + 2) : -1;
      if (c == '*') {
        expression.append(ANY_CHARACTERS);
      } else if (c == '?') {
        expression.append("[^/]");
      } else if (end > 0) {
        expression.append(characters(glob.substring(i + 1, end)));
        i = end;
      } else {
        if (c == '\\' && i + 1 < glob.length()) {
          i++;
        }
        String one = Character.toString(glob.codePointAt(i));
        expression.append(Pattern.quote(one));
        i += one.length() - 1;
      }
      i++;
    }
    return expression.toString();
  }

  /** A class of characters, in which a hyphen and a caret at the beginning mean something. */
  private static String characters(String inside) {
    boolean negated = inside.startsWith("^");
    return (negated ? "[^" : "[")
        + inside.substring(negated ? 1 : 0).replaceAll("[\\[\\]&^\\\\]", "\\\\$0")
        + "]";
  }

  /**
   * The same order, begun as deep in the snapshot as there are directories on the machine, and
   * every pattern begins with them: so nothing above is touched, even if we are killed in the
   * middle.
   */
  static RestoreOrder shortened(RestoreOrder order) {
    List<String> patterns = new ArrayList<>(meant(order));
    if (patterns.isEmpty()) {
      return order;
    }
    patterns.addAll(order.excludes());
    String common = directory(patterns.getFirst());
    for (String pattern : patterns) {
      while (!pattern.startsWith(common + "/")) {
        common = common.substring(0, Math.max(0, common.lastIndexOf('/')));
        if (common.isEmpty()) {
          return order;
        }
      }
    }
    String there = there(order.target(), common);
    return there.isEmpty() ? order : order.beginningAt(there);
  }

  /** The directory of what a pattern means, as far as it is written out. */
  private static String directory(String pattern) {
    StringBuilder directory = new StringBuilder();
    String[] parts = pattern.replaceFirst("/+$", "").split("/", -1);
    for (int i = 1; i < parts.length - 1 && !RestorePattern.isSpecial(parts[i]); i++) {
      if (parts[i].isEmpty()) {
        break;
      }
      directory.append('/').append(parts[i]);
    }
    return pattern.startsWith("/") ? directory.toString() : "";
  }

  /** As much of it as there are directories; a link is none, whatever it leads to. */
  private static String there(Path target, String directory) {
    int end = 0;
    while (end < directory.length()) {
      int next = directory.indexOf('/', end + 1);
      int until = next < 0 ? directory.length() : next;
      if (!Files.isDirectory(
          Path.of(target + directory.substring(0, until)), LinkOption.NOFOLLOW_LINKS)) {
        break;
      }
      end = until;
    }
    return directory.substring(0, end);
  }
}
