package io.holdfast.agent.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/reliability.md names a test for each promise, and the test is there. */
class PromisesTest {

  private static final Path PROMISES = Path.of("../docs/reliability.md");
  private static final Pattern PROMISE =
      Pattern.compile("^\\|(?<promise>[^|]+)\\|(?<tests>[^|]+)\\|$");
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*(?:Test|IT))(?:\\.(\\w+))?`");

  private static Set<String> testsThatThereAre() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.OnlyIncludeTests())
            .importPackages("io.holdfast.agent");
    return classes.stream()
        .flatMap(c -> Stream.concat(Stream.of(c.getSimpleName()), methods(c)))
        .collect(Collectors.toSet());
  }

  private static Stream<String> methods(JavaClass test) {
    return test.getMethods().stream()
        .map(JavaMethod::getName)
        .map(method -> test.getSimpleName() + "." + method);
  }

  /** Tables with the head "promise | test". */
  private static List<String> testColumns() throws IOException {
    List<String> columns = new ArrayList<>();
    boolean inTable = false;
    for (String line : Files.readAllLines(PROMISES)) {
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

  @Test
  void every_promise_names_tests_that_there_are() throws IOException {
    Set<String> tests = testsThatThereAre();
    assertThat(testColumns()).hasSizeGreaterThan(20);
    for (String column : testColumns()) {
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
