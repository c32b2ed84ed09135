package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.secret.Secret;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepositoryTest {

  private static Repository repository(String url, String password) {
    return new Repository(
        new Secret(url),
        new Secret(password),
        Optional.empty(),
        Map.of("AWS_SECRET_ACCESS_KEY", new Secret("back/end+secret")));
  }

  @ParameterizedTest
  @CsvSource({
    "/mnt/repo, /mnt/repo",
    "local:/mnt/repo, /mnt/repo",
    "' /mnt/repo\n', /mnt/repo",
  })
  void a_local_one_has_a_path(String url, String path) {
    assertThat(repository(url, "x").localPath()).contains(Path.of(path));
  }

  @Test
  void a_relative_path_is_local_too() {
    assertThat(repository("some/repo", "x").localPath())
        .contains(Path.of("some/repo").toAbsolutePath());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sftp:user@host:/path",
        "rest:https://host/",
        "s3:s3.amazonaws.com/bucket",
        "b2:bucket:path",
        "azure:container:/",
        "gs:bucket:/",
        "swift:container:/path",
        "rclone:remote:path"
      })
  void a_remote_one_has_none(String url) {
    assertThat(repository(url, "x").localPath()).isEmpty();
  }

  @Test
  void people_see_its_place_without_the_password() {
    assertThat(repository("rest:https://user:p@ss:word@host/path", "x").display())
        .isEqualTo("rest:https://user:********@host/path");
    assertThat(repository("/mnt/repo", "repo").display()).isEqualTo("/mnt/repo");
  }

  @Test
  void one_that_a_person_gives_by_a_relative_path_is_shown_as_it_was_given() {
    assertThat(repository("some/repo", "x").display()).isEqualTo("some/repo");
    assertThat(repository("rclone:nas,pass=secret:x", "x").display()).isEqualTo("rclone:********");
  }

  @Test
  void nothing_of_a_hidden_place_is_left_in_what_restic_says() {
    Repository hidden =
        new Repository(
            new Secret("rest:https://user:s3cret@nas.example/deep/place/"),
            new Secret("password"),
            Optional.empty(),
            Map.of(),
            true);
    assertThat(hidden.display()).isEqualTo("rest:********");
    for (String line :
        new String[] {
          "Fatal: unable to open repository at rest:https://user:***@nas.example/deep/place/: refused",
          "Head \"https://user:***@nas.example/deep/place/config\": dial tcp: lookup nas.example",
          "unexpected HTTP response (404): 404 Not Found /deep/place/config"
        }) {
      assertThat(hidden.redaction().redact(line)).doesNotContain("nas.example", "deep/place");
    }
    Repository disk =
        new Repository(
            new Secret("/mnt/TOPSECRET"), new Secret("password"), Optional.empty(), Map.of(), true);
    assertThat(disk.redaction().redact("stat /mnt/TOPSECRET/config: no such file"))
        .isEqualTo("stat ***/config: no such file");
    assertThat(disk.withPassword(new Secret("other")).hidden()).isTrue();
    assertThat(disk.withPassword(new Secret("other")).password()).isEqualTo(new Secret("other"));
  }

  @Test
  void secrets_are_found_however_restic_writes_them() {
    String password = "se\"cr&et<\\ü";
    String url = "url&\"password";
    Repository repository = repository("rest:http://user:" + url + "@host/", password);
    // As restic 0.14 and 0.18 really say it for a URL that Go cannot parse, and with our password.
    String[] written = {
      "wrong: " + password,
      "{\"message\":\"wrong: se\\\"cr\\u0026et\\u003c\\\\ü\"}",
      "parse \"http://user:url&\\\"password@host/\": net/url: invalid userinfo",
      "{\"message\":\"parse \\\"http://user:url\\u0026\\\\\\\"password@host/\\\": invalid\"}",
      "key back/end+secret"
    };
    for (String line : written) {
      assertThat(repository.redaction().redact(line))
          .contains("***")
          .doesNotContain("cr&et", "cr\\u0026et", "password", "end+secret");
    }
  }

  @Test
  void a_variable_that_is_no_back_ends_cannot_be_in_it() {
    Secret x = new Secret("x");
    assertThatThrownBy(() ->
            new Repository(x, x, Optional.empty(), Map.of("LD_PRELOAD", new Secret("/evil.so"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("LD_PRELOAD")
        .hasMessageNotContaining("evil");
  }
}
