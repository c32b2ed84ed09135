package io.holdfast.agent.location;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Fuzz;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A URL is good or bad, and neither form shows a password. */
class RepositoryUrlFuzzTest {

  @Test
  void urls() throws Exception {
    Fuzz.texts(
        "repository URL",
        List.of(
            "rest:https://user:xyzzy@nas:8000/a/b/",
            "sftp:backup@nas:/srv/restic",
            "sftp://backup@[::1]:2222//srv/restic",
            "s3:https://s3.example:9000/bucket/path",
            "s3:s3.amazonaws.com/bucket",
            "b2:bucket:path/to",
            "azure:container:/path",
            "gs:bucket:/path",
            "swift:container:/path",
            "rclone:remote:path",
            "/srv/restic",
            "C:\\backup\\restic",
            "local:/srv"),
        List.of(),
        input -> {
          RepositoryUrl.of(input)
              .ifPresent(url -> {
                assertThat(url.masked()).isNotNull();
                assertThat(url.holds(url)).as("a place holds itself").isTrue();
                assertThat(RepositoryUrl.of(url.asRule()))
                    .as("the rule that permits it can be read")
                    .hasValueSatisfying(rule -> assertThat(rule.holds(url)).isTrue());
                assertThat(url.secrets()).isNotNull();
                assertThat(url.localPath()).isNotNull();
              });
          assertThat(RepositoryUrl.masked(input)).isNotNull();
        });
  }
}
