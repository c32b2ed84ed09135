package io.holdfast.agent.location;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepositoryUrlTest {

  /** The database is held to the same: RepositoryUrlsIT. */
  private static final Path VECTORS =
      Path.of("../migrations/src/test/resources/repository-urls.tsv");

  record Vector(String fault, String url, String masked) {}

  private static List<Vector> vectors() throws IOException {
    return Files.readAllLines(VECTORS).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t"))
        .map(part -> new Vector(part[0], part[1].translateEscapes(), part[2].translateEscapes()))
        .toList();
  }

  private static RepositoryUrl url(String text) {
    return RepositoryUrl.of(text).orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void what_is_wrong_with_it_is_found_and_no_secret_in_it_is_shown(Vector vector) {
    String fault =
        switch (RepositoryUrl.read(vector.url())) {
          case RepositoryUrl.Read.Good(RepositoryUrl _) -> "ok";
          case RepositoryUrl.Read.Bad(UrlFault found) -> found.word();
        };
    assertThat(fault).isEqualTo(vector.fault());
    assertThat(RepositoryUrl.masked(vector.url())).isEqualTo(vector.masked());
  }

  @Test
  void every_fault_is_among_the_vectors_and_says_what_to_do() throws IOException {
    assertThat(vectors().stream().map(Vector::fault).collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(Stream.of("ok"), Stream.of(UrlFault.values()).map(UrlFault::word))
                .toList());
    for (UrlFault fault : UrlFault.values()) {
      assertThat(fault.why()).isNotBlank();
      assertThat(fault.remedy()).endsWith(".");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "file:offsite", "env:HOLDFAST_SECRET_REPOSITORY_URL", "enc:v1:x"})
  void what_is_none_or_stands_for_one_is_shown_as_it_is(String value) {
    assertThat(RepositoryUrl.masked(value)).isEqualTo(value);
  }

  @Test
  void white_space_around_it_is_passed_over_as_restic_does() {
    assertThat(url(" /srv/restic\n").text()).isEqualTo(new Secret("/srv/restic"));
    assertThat(RepositoryUrl.masked(" rest:https://u:secret@nas/ "))
        .isEqualTo(" rest:https://u:********@nas/ ");
  }

  @ParameterizedTest
  @CsvSource({
    "/srv/restic, /srv/restic",
    "/srv, /srv/restic",
    "/srv/, local:/srv/restic/",
    "/, /srv",
    "sftp:nas:/srv, sftp:nas:/srv/a",
    "sftp:nas:/srv, sftp:backup@nas:/srv/a",
    "sftp:backup@nas:/srv, sftp://backup@NAS//srv/a",
    "sftp://backup@nas/srv, sftp:backup@nas:./srv//a",
    "rest:https://nas/a, rest:https://nas/a/",
    "rest:https://nas/a/, rest:https://user:secret@nas:443/a/b",
    "rest:https://nas, rest:https://nas/%61",
    "rest:https://nas/a+b, rest:https://nas/a%2Bb",
    "rest:http://nas, rest:http://nas:80/a",
    "s3:s3.example/bucket, s3:https://s3.example:443/bucket/a",
    "s3:https://s3.example/bucket, s3://S3.example/bucket",
    "b2:bucket, b2:bucket:a",
    "azure:bucket:/a, azure:bucket:a/b",
    "rclone:nas:a, rclone:nas:a/b",
    "rclone:nas:, rclone:nas:/x"
  })
  void a_rule_holds_the_place_itself_and_what_is_below_it(String rule, String place) {
    assertThat(url(rule).holds(url(place))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "/srv/a, /srv/ab",
    "/srv/a, /srv",
    "/srv/a, sftp:nas:/srv/a",
    "rest:https://nas/a, rest:https://nas/ab",
    "rest:https://nas/a, rest:https://nas/",
    "rest:https://nas/a, rest:https://nas@evil/a",
    "rest:https://nas/a, rest:https://nas:x@evil/a",
    "rest:https://nas, rest:https://nas.evil/",
    "rest:https://nas, rest:http://nas/",
    "rest:https://nas, rest:https://nas:8000/",
    "rest:https://nas/a, rest:https://nas/A",
    "rest:https://nas/a, rest:https://nas/b/a",
    "rest:https://backup@nas/, rest:https://nas/",
    "rest:https://backup@nas/, rest:https://other@nas/",
    "sftp:nas:/srv, sftp:nas:srv",
    "sftp:nas:srv, sftp:nas:/srv",
    "sftp:backup@nas:/srv, sftp:root@nas:/srv",
    "sftp:backup@nas:/srv, sftp://backup@nas:2222//srv",
    "s3:s3.example/bucket, s3:s3.example/bucket2",
    "s3:s3.example/bucket, s3:http://s3.example/bucket",
    "s3:s3.example/bucket, rest:https://s3.example/bucket",
    "b2:bucket:a, b2:bucket:ab",
    "b2:bucket, gs:bucket",
    "b2:bucket, b2:Bucket",
    "rclone:nas:, rclone:other:",
    "rclone:nas:a, rclone:nas:/a"
  })
  void it_holds_nothing_else_however_alike_it_looks(String rule, String place) {
    assertThat(url(rule).holds(url(place))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "/srv/restic, /srv/restic",
    "sftp:backup@nas:/srv, sftp:backup@nas:/srv",
    "sftp://backup:secret@nas/srv, sftp://backup@nas/srv",
    "rest:https://user:sec@ret@nas/a@b:c, rest:https://nas/a@b:c",
    "rest:https://nas/a, rest:https://nas/a",
    "s3:https://key:secret@s3.example/b, s3:https://s3.example/b",
    "b2:bucket:a, b2:bucket:a"
  })
  void as_a_rule_it_names_the_place_without_credentials(String text, String rule) {
    assertThat(url(text).asRule()).isEqualTo(rule);
    assertThat(url(rule).holds(url(text))).isTrue();
  }

  @Test
  void a_path_of_windows_means_nothing_elsewhere() {
    assertThat(url("/srv/restic").meansTheSameHere()).isTrue();
    assertThat(url("sftp:nas:x").meansTheSameHere()).isTrue();
    assertThat(url("C:\\restic").meansTheSameHere()).isFalse();
    assertThat(url("\\\\nas\\share\\restic").meansTheSameHere()).isFalse();
  }

  @Test
  void nothing_of_a_hidden_one_is_shown() {
    RepositoryUrl hidden =
        url("rest:https://somebody:s3cr%40t@nas.example:8000/very/private").asSecret();
    assertThat(hidden.masked()).isEqualTo("rest:********").isEqualTo(hidden.toString());
    assertThat(hidden.secrets().stream().map(Secret::value))
        .contains("nas.example", "very/private", "s3cr%40t", "s3cr@t", "somebody@", "somebody:")
        .contains("https://somebody:s3cr%40t@nas.example:8000/very/private");
    assertThat(url("/very/private").asSecret().secrets()).contains(new Secret("/very/private"));
    assertThat(url("rest:https://u:secret@nas/a").toString())
        .isEqualTo("rest:https://u:********@nas/a");
  }
}
