package io.holdfast.agent.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.secret.EncryptedFile;
import io.holdfast.agent.secret.EncryptedFile.CannotDecrypt;
import io.holdfast.agent.secret.RecoveryKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What comes from pg_dump reaches the disk encrypted, and is told from that of another database.
 */
class DumpFileTest {

  @TempDir private Path directory;

  private final RecoveryKey.Pair pair = RecoveryKey.make(Instant.EPOCH);
  private Path place = Path.of("");

  @BeforeEach
  void place() throws IOException {
    place = Files.createFile(directory.resolve("dump"));
  }

  private DumpFile taken(boolean complete, String... parts) throws IOException {
    try (DumpFile dump = new DumpFile(place, List.of(pair.recipient()))) {
      for (String part : parts) {
        dump.take(ByteBuffer.wrap(part.getBytes(StandardCharsets.UTF_8)));
      }
      if (complete) {
        dump.complete();
      }
      return dump;
    }
  }

  private String decrypted() throws IOException, CannotDecrypt {
    Path key = Files.writeString(directory.resolve("key"), pair.file().value());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EncryptedFile.decrypt(place, RecoveryKey.load(key), out);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void a_dump_is_one_of_a_control_plane_if_its_list_says_so_be_it_across_two_parts()
      throws Exception {
    assertThat(taken(true, "PGDMP control_plane_ver", "sion and so on").isOfControlPlane())
        .isTrue();
    assertThat(decrypted()).isEqualTo("PGDMP control_plane_version and so on");
    assertThat(Files.readString(place, StandardCharsets.ISO_8859_1))
        .startsWith("age-encryption.org/v1\n")
        .doesNotContain("PGDMP");
    for (String word : List.of("c", "control_plane", "control_plane_versio")) {
      Files.write(place, new byte[0]);
      assertThat(taken(true, "PGDMP", word).isOfControlPlane()).isFalse();
    }
  }

  @Test
  void a_word_behind_the_list_is_of_no_interest() throws Exception {
    String mebibyte = "x".repeat(1024 * 1024);
    String[] parts = new String[18];
    java.util.Arrays.fill(parts, mebibyte);
    parts[17] = "control_plane_version";
    assertThat(taken(true, parts).isOfControlPlane()).isFalse();
  }

  @Test
  void one_that_pg_dump_has_not_ended_is_never_taken_for_a_whole_one() throws Exception {
    assertThat(taken(false, "PGDMP control_plane_version").isWhole()).isFalse();
    assertThatThrownBy(this::decrypted).isInstanceOf(CannotDecrypt.class);
  }
}
