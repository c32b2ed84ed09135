package io.holdfast.agent.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RedactionTest {

  private final Redaction redaction =
      Redaction.of(
          List.of(new Secret("hunter22"), new Secret("hunter22-and-more"), new Secret("a")));

  @Test
  void a_secret_does_not_print_itself() {
    assertThat(new Secret("hunter22")).hasToString("***");
    assertThat("" + List.of(new Secret("hunter22"))).doesNotContain("hunter22");
  }

  @Test
  void every_known_secret_is_taken_out_the_longest_first() {
    assertThat(redaction.redact("x hunter22-and-more y hunter22 z")).isEqualTo("x *** y *** z");
  }

  @Test
  void a_secret_too_short_to_search_for_leaves_the_text_alone() {
    assertThat(redaction.redact("a banana")).isEqualTo("a banana");
  }

  @Test
  void the_shortest_secret_that_is_searched_for_has_four_characters() {
    Redaction both = Redaction.of(List.of(new Secret("abcd"), new Secret("xyz")));
    assertThat(both.redact("abcd xyz")).isEqualTo("*** xyz");
  }

  @Test
  void the_password_within_a_url_is_taken_out_even_if_nobody_named_it() {
    assertThat(Redaction.none().redact("open rest:https://backup:s3cr3t@host:8000/repo failed"))
        .isEqualTo("open rest:https://backup:***@host:8000/repo failed");
    assertThat(Redaction.none().redact("postgresql://u:p%40ss@h/db"))
        .isEqualTo("postgresql://u:***@h/db");
    assertThat(Redaction.none().redact("open rest:https://us@er:s3cr@TAIL@host/a@b failed"))
        .isEqualTo("open rest:https://us@er:***@host/a@b failed");
  }

  @Test
  void a_url_without_a_password_stays_as_it_is() {
    assertThat(Redaction.none().redact("sftp://user@host:22/path a:b@c"))
        .isEqualTo("sftp://user@host:22/path a:b@c");
  }

  @Test
  void a_line_without_an_end_takes_no_time_without_an_end() {
    String endless = "x".repeat(2_000_000);
    assertThat(Redaction.none().redact(endless)).isEqualTo(endless);
  }
}
