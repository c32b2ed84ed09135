package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What may be put back in place: {@code PlantedSnapshotsIT} does it with a real restic. */
class InPlaceTest {

  private static List<String> includes(String... wanted) throws CannotRestore {
    return new InPlace(List.of("/srv/www/", "/etc/ap*che")).includes(List.of(wanted));
  }

  private static void leadsOut(String pattern) {
    assertThatThrownBy(() -> includes(pattern))
        .as(pattern)
        .isInstanceOf(CannotRestore.class)
        .hasMessageContaining("does not begin within the job's source paths");
  }

  @Test
  void without_a_pattern_the_source_paths_are_meant_letter_by_letter() throws Exception {
    assertThat(includes()).containsExactly("/srv/www", "/etc/ap\\*che");
  }

  @Test
  void a_path_within_stays_one_above_means_what_is_within_and_a_name_is_looked_for_within()
      throws Exception {
    assertThat(includes("/srv/www/a/*.html")).containsExactly("/srv/www/a/*.html");
    assertThat(includes("/srv/www")).containsExactly("/srv/www");
    assertThat(includes("/srv")).containsExactly("/srv/www");
    assertThat(includes("/srv/")).containsExactly("/srv/www");
    assertThat(includes("/")).containsExactly("/srv/www", "/etc/ap\\*che");
    assertThat(includes("*.ods")).containsExactly("/srv/www/**/*.ods", "/etc/ap\\*che/**/*.ods");
  }

  @Test
  void what_leads_elsewhere_is_refused() {
    List.of(
            "/root/.ssh",
            "/srv/wwww",
            "/srv/*",
            "/**/www",
            "/srv/www/../../etc/cron.d",
            "a/../../../etc",
            "/srv/ww",
            "/etc/ap*che/x")
        .forEach(InPlaceTest::leadsOut);
  }
}
