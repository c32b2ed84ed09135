package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.RestoreOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies on the way to what is meant: {@code RestoreInPlaceIT} does it with a real restic. */
class PassageTest {

  @TempDir private Path machine;

  private RestoreOrder order(List<String> includes, List<String> excludes) {
    return new RestoreOrder(
        "a".repeat(64), machine, includes, excludes, Optional.empty(), false, false);
  }

  @ParameterizedTest
  @CsvSource({
    "/srv/www, /srv, true",
    "/srv/www, /srv/www, false",
    "/srv/www, /srv/www/a/b, false",
    "/srv/www, /srv/wwww, true",
    "/srv/w*, /srv/wwww, false",
    "/srv/w?w, /srv/w/w, true",
    "/srv/**/x.ods, /srv/a/b, true",
    "/srv/**/x.ods, /srv/a/b/x.ods, false",
    "/srv/**/x.ods, /srv/x.ods/in, false",
    "reports, /srv/www/reports, false",
    "reports, /srv/www/reports/2026, false",
    "reports, /srv/www, true",
    "/srv/[ab]x, /srv/bx, false",
    "/srv/[^ab]x, /srv/bx, true",
    "/srv/\\[ab\\], /srv/[ab], false",
    "/srv/[z-a], /srv/z, true",
    "/srv/😀, /srv/😀, false",
  })
  void a_directory_is_on_the_way_unless_a_pattern_means_it_or_one_above_it(
      String pattern, String directory, boolean onTheWay) {
    assertThat(new Passage(order(List.of(pattern), List.of())).isOnTheWay(directory))
        .isEqualTo(onTheWay);
  }

  @Test
  void restic_begins_where_every_pattern_leads_through_as_far_as_it_is_there_and_no_link()
      throws IOException {
    Files.createDirectories(machine.resolve("srv/www/reports"));
    Files.createSymbolicLink(machine.resolve("link"), machine.resolve("srv"));
    begins("/srv/www/reports", "/srv/www/reports/x.ods");
    begins("/srv/www", "/srv/www/reports");
    begins("/srv/www", "/srv/www/reports/");
    begins("/srv/www", "/srv/www/reports/x", "/srv/www/index");
    begins("/srv/www/reports", "/srv/www/reports/2026/11/x.ods");
    begins("/srv/www", "/srv/www/*/x.ods");
    begins("/srv", "/srv/www", "/srv/wwww/x");
    begins("", "/srv/www", "/etc/x");
    begins("", "/srv");
    begins("", "*.ods");
    begins("", "/srv/www", "*.ods");
    begins("", "/none/x/y");
    begins("", "/link/www/x");
  }

  private void begins(String below, String... includes) {
    RestoreOrder shortened = Passage.shortened(order(List.of(includes), List.of()));
    assertThat(shortened.below()).as(List.of(includes).toString()).isEqualTo(below);
    assertThat(shortened.includes().stream().map(pattern -> below + pattern))
        .containsExactly(includes);
    assertThat(shortened.destination()).isEqualTo(Path.of(machine + below));
  }

  @Test
  void what_is_excluded_must_lie_below_as_well() throws IOException {
    Files.createDirectories(machine.resolve("srv/www"));
    RestoreOrder within = order(List.of(), List.of("/srv/www/cache")).within(List.of("/srv/www"));
    assertThat(Passage.shortened(within).below()).isEqualTo("/srv");
    assertThat(Passage.shortened(within).excludes()).containsExactly("/www/cache");
    RestoreOrder byName = order(List.of(), List.of("cache")).within(List.of("/srv/www"));
    assertThat(Passage.shortened(byName)).isEqualTo(byName);
  }
}
