package io.holdfast.agent.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The agent matches what restic, a storage or a row says with regular expressions, and a line may
 * have 256 KiB: an expression whose cost grows faster than the line would keep the agent busy for
 * hours. This test tries every expression of the agent on long lines, made of pieces that the
 * expression itself mentions, and counts how many characters it looks at.
 */
class PatternCostTest {

  private static final String ROOT = "io.holdfast.agent";
  private static final int LENGTH = 2000;

  /** An expression with several branches looks at each character more than once. */
  private static final long MOST_LOOKS = 250L * LENGTH;

  /** Asked whether they are a whole text, or its beginning, and never looked for within one. */
  private static final Set<String> ASKED_WHOLE =
      Set.of(
          "UrlForm.SOME_SCHEME",
          "UrlForm.OPTION",
          "UrlForm.PATH_OF_URL",
          "UrlForm.BUCKET",
          "Repository.WITH_SCHEME",
          "Expiry.WITHIN",
          "BackupOutput.MISSING",
          "BackupOutput.REPEATED",
          "Attempts.REPEATED",
          "GoTrace.PLACE",
          "GoTrace.FUNCTION",
          "GoTrace.GOROUTINE",
          "Reconstruction.SOURCE_PATH",
          "PointInTime.AGO");

  private static final List<String> UNITS =
      List.of(
          "a", "0", "A", " ", "/", "\\", "\"", "'", "(", "[", "{", "<", ".", "-", "_", ":", ",",
          "=", "@", "%", "\t", "a ", "0.", "a/", "/a", "a.", "-a", "a-", "a,", "a:", "\\a", "a\\",
          "()", "[]", "{}", "a0", "x=", "é", "\u00a0", "*", "?", "~", "!", "#", "$", "&", "|", ";",
          "+", "^");

  @Test
  void no_expression_looks_at_a_long_line_again_and_again() throws IllegalAccessException {
    Map<String, Pattern> patterns = patterns();
    assertThat(patterns).hasSizeGreaterThan(60);
    assertThat(patterns.keySet()).containsAll(ASKED_WHOLE);
    List<String> expensive = new ArrayList<>();
    patterns.forEach((name, pattern) -> {
      for (String line : lines(pattern.pattern())) {
        if (looks(pattern, line, false) > MOST_LOOKS) {
          expensive.add(name + " /" + pattern + "/ as a whole: " + line.substring(0, 40));
        }
        if (!ASKED_WHOLE.contains(name) && looks(pattern, line, true) > MOST_LOOKS) {
          expensive.add(name + " /" + pattern + "/ within: " + line.substring(0, 40));
        }
      }
    });
    assertThat(expensive).isEmpty();
  }

  @Test
  void an_expression_that_goes_back_and_forth_is_noticed() {
    Pattern cubic = Pattern.compile("(\\w+)\\(?(\\w*).* returned error");
    assertThat(looks(cubic, "a".repeat(LENGTH), false)).isGreaterThan(MOST_LOOKS);
  }

  private static Map<String, Pattern> patterns() throws IllegalAccessException {
    Map<String, Pattern> found = new LinkedHashMap<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT)) {
      for (Field field : type.reflect().getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers())
            && (field.getType() == Pattern.class
                || Iterable.class.isAssignableFrom(field.getType()))) {
          field.setAccessible(true);
          String name = type.getSimpleName() + "." + field.getName();
          Object value = field.get(null);
          if (value instanceof Pattern pattern) {
            found.put(name, pattern);
          } else if (value instanceof Iterable<?> several) {
            several.forEach(one -> {
              if (one instanceof Pattern pattern) {
                found.put(name + " " + pattern, pattern);
              }
            });
          }
        }
      }
    }
    return found;
  }

  /**
   * Of one piece each, over and over: any, those of the expression, and any behind one of those.
   */
  private static List<String> lines(String expression) {
    Set<String> own = new LinkedHashSet<>();
    Matcher pieces = Pattern.compile("[A-Za-z0-9 :/=,\"'-]{2,}").matcher(expression);
    while (pieces.find()) {
      own.add(pieces.group());
    }
    List<String> lines = new ArrayList<>();
    Stream.concat(UNITS.stream(), own.stream()).map(PatternCostTest::line).forEach(lines::add);
    for (String begin : own) {
      for (String unit : List.of("a", "0", " ", "/", "a ")) {
        // With an end that fits nowhere, so that all ways are tried.
        lines.add(begin + line(unit) + "\u0001");
      }
    }
    return lines;
  }

  private static String line(String unit) {
    return unit.repeat(LENGTH / unit.length());
  }

  private static long looks(Pattern pattern, String line, boolean within) {
    Watched watched = new Watched(line);
    Matcher matcher = pattern.matcher(watched);
    try {
      if (within) {
        while (matcher.find()) {
          // To the last one.
        }
      } else {
        matcher.matches();
      }
    } catch (TooMany | StackOverflowError e) {
      return Long.MAX_VALUE;
    }
    return watched.looks;
  }

  private static final class TooMany extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** A text that counts how often somebody looks at one of its characters. */
  private static final class Watched implements CharSequence {
    private final String text;
    private long looks;

    Watched(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (++looks > MOST_LOOKS) {
        throw new TooMany();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
