package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.testing.Fuzz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an admin writes, or copies and cuts short, is taken or refused with a sentence. */
class LocalFilesFuzzTest {

  /** No name of a host or a user, which sentences repeat. */
  private static final String PASSWORD = "x!yzzy";

  private static final String FILE =
      """
      device:
        id: web-01
        name: 'Web 1'
      database:
        url: postgresql://agent@localhost/holdfast
        password: "x!yzzy"
      restic:
        path: /usr/bin/restic
      policy:
        source_roots: [/home, /srv]
        restic_args: [--limit-upload]
        repositories:
          - rest:https://nas/
        restore_roots: &roots [/srv/back]
      log: {format: json, file: /var/log/holdfast.log}
      """;

  @TempDir private Path directory;

  @Test
  void the_configuration_file() throws Exception {
    Environment environment = new Environment(Map.of(), directory, "me", false, false);
    Path file = Files.createFile(directory.resolve("holdfast.yaml"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Fuzz.bytes(
        "holdfast.yaml",
        List.of(FILE.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        List.of(InvalidConfig.class),
        input -> {
          Files.write(file, input);
          try {
            assertThat(LocalConfigFile.load(file, environment)).isNotNull();
          } catch (InvalidConfig e) {
            assertThat(e).hasMessageNotContaining(PASSWORD);
            throw e;
          }
        });
  }

  @Test
  void addresses_of_databases() throws Exception {
    Fuzz.texts(
        "database URL",
        List.of(
            "postgresql://agent:x!yzzy@db.example:5433,db2/holdfast?sslmode=verify-full&connect_timeout=3",
            "jdbc:postgresql://[::1]:5432/holdfast?sslmode=disable&user=x",
            "host=db.example port=5432 dbname=holdfast user=agent"),
        List.of(InvalidDatabaseUrl.class),
        input -> {
          try {
            assertThat(DatabaseUrl.parse(input)).isNotNull();
          } catch (InvalidDatabaseUrl e) {
            assertThat(e).hasMessageNotContaining(PASSWORD);
            throw e;
          }
        });
  }

  @Test
  void tokens() throws Exception {
    String token =
        new EnrolmentToken(
                "postgresql://db.example/holdfast", "holdfast_0a", new Secret("xyzzy"), "web-01")
            .text();
    Fuzz.texts(
        "token",
        List.of(token, token.substring(0, token.length() / 2)),
        List.of(),
        input -> assertThat(EnrolmentToken.parse(input)).isNotNull());
  }
}
