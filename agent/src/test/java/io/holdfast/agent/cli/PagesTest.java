package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sentences that name a page of the documentation. */
class PagesTest {

  private static final Pattern NAMED = Pattern.compile("docs/[a-z-]+\\.md");

  @TempDir private Path installed;

  @Test
  void on_an_installed_machine_a_page_is_named_with_its_place() throws IOException {
    Files.createDirectories(installed.resolve("docs"));
    Files.createFile(installed.resolve("docs/restic.md"));
    assertThat(Pages.named("docs/restic.md lists them; see docs/none.md.", installed))
        .isEqualTo(installed + "/docs/restic.md lists them; see docs/none.md.");
    assertThat(Pages.named("/srv/docs/restic.md is damaged", installed))
        .isEqualTo("/srv/docs/restic.md is damaged");
    assertThat(Pages.named("docs/restic.md", installed.resolve("no"))).isEqualTo("docs/restic.md");
  }

  @Test
  void every_page_that_the_program_or_the_database_names_is_there() throws IOException {
    Set<String> missing = new TreeSet<>();
    for (String sources : new String[] {"src/main/java", "../migrations/sql"}) {
      try (Stream<Path> files = Files.walk(Path.of(sources))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Matcher page = NAMED.matcher(Files.readString(file));
          while (page.find()) {
            if (!Files.exists(Path.of("..", page.group()))) {
              missing.add(file + ": " + page.group());
            }
          }
        }
      }
    }
    assertThat(missing).isEmpty();
  }
}
