package io.holdfast.agent.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pages that promise something name a test for each promise, and the test is there. */
class PromisesTest {

  private static final Pattern PROMISE =
      Pattern.compile("^\\|(?<promise>[^|]+)\\|(?<tests>[^|]+)\\|$");
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*(?:Test|IT))(?:\\.(\\w+))?`");
  private static final Pattern METHOD = Pattern.compile("\\bvoid (\\w+)\\(");

  /** Of all modules: the classes, and their methods behind a dot. */
  private static Set<String> testsThatThereAre() throws IOException {
    List<Path> sources =
        List.of(
            Path.of("src/test/java"),
            Path.of("../migrations/src/test/java"),
            Path.of("../packaging/embedded-postgres/src/test/java"));
    Set<String> names = new HashSet<>();
    for (Path directory : sources) {
      try (Stream<Path> files = Files.walk(directory)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .flatMap(PromisesTest::names)
            .forEach(names::add);
      }
    }
    return names;
  }

  private static Stream<String> names(Path file) {
    String test = file.getFileName().toString().replaceFirst("\\.java$", "");
    try {
      return Stream.concat(
          Stream.of(test),
          METHOD
              .matcher(Files.readString(file))
              .results()
              .map(method -> test + "." + method.group(1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tables with the head "promise | test". */
  private static List<String> testColumns(Path page) throws IOException {
    List<String> columns = new ArrayList<>();
    boolean inTable = false;
    for (String line : Files.readAllLines(page)) {
      var row = PROMISE.matcher(line);
      if (!row.matches()) {
        inTable = false;
      } else if (row.group("promise").strip().equals("promise")) {
        inTable = true;
      } else if (inTable && !row.group("promise").strip().equals("---")) {
        columns.add(row.group("tests").strip());
      }
    }
    return columns;
  }

  @ParameterizedTest
  @CsvSource({"reliability.md, 20", "security.md, 25"})
  void every_promise_names_tests_that_there_are(String page, int promises) throws IOException {
    Set<String> tests = testsThatThereAre();
    List<String> columns = testColumns(Path.of("../docs", page));
    assertThat(columns).hasSizeGreaterThan(promises);
    for (String column : columns) {
      List<String> named =
          NAME.matcher(column)
              .results()
              .map(name ->
                  name.group(2) == null ? name.group(1) : name.group(1) + "." + name.group(2))
              .toList();
      assertThat(named).as("the tests named in \"%s\"", column).isNotEmpty();
      assertThat(tests).containsAll(named);
    }
  }
}
