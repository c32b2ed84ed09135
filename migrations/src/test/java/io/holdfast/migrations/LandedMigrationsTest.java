package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Flyway refuses a database whose migrations have other checksums than the files. */
class LandedMigrationsTest {

  private static final Path SQL = Path.of("sql");

  /** As {@code sha256sum V*.sql} writes it; a migration that lands is added to it. */
  private static List<String> landed() throws IOException {
    return Files.readAllLines(Path.of("src/test/resources/landed.sha256"));
  }

  private static String line(String file) throws IOException, NoSuchAlgorithmException {
    byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(SQL.resolve(file)));
    return HexFormat.of().formatHex(sum) + "  " + file;
  }

  @Test
  void a_migration_that_has_landed_is_never_changed() throws Exception {
    for (String landed : landed()) {
      String file = landed.substring(landed.lastIndexOf(' ') + 1);
      assertThat(line(file)).as("put the change into a new migration").isEqualTo(landed);
    }
  }

  @Test
  void no_migration_comes_before_one_that_has_landed() throws Exception {
    List<String> landed = landed();
    try (Stream<Path> files = Files.list(SQL)) {
      List<String> versioned =
          files
              .map(f -> f.getFileName().toString())
              .filter(f -> f.startsWith("V"))
              .sorted()
              .toList();
      assertThat(versioned.subList(0, landed.size()))
          .containsExactlyElementsOf(
              landed.stream().map(l -> l.substring(l.lastIndexOf(' ') + 1)).toList());
    }
  }
}
