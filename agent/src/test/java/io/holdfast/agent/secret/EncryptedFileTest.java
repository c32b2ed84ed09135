package io.holdfast.agent.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.agent.secret.EncryptedFile.CannotDecrypt;
import io.holdfast.agent.secret.EncryptedFile.Why;
import io.holdfast.agent.secret.RecoveryKey.Pair;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real {@code age} reads and writes the same, see {@code RecoveryKeyIT}. */
class EncryptedFileTest {

  private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");

  /** age encrypts so much at a time. */
  private static final int CHUNK = 64 * 1024;

  private static final int TAG = 16;

  @TempDir private Path directory;

  private final Pair pair = RecoveryKey.make(NOW);

  private List<RecoveryKey> keys(Pair... pairs) throws IOException {
    StringBuilder content = new StringBuilder();
    for (Pair each : pairs) {
      content.append(each.file().value());
    }
    return RecoveryKey.load(Files.writeString(directory.resolve("keys"), content));
  }

  private static byte[] encrypted(byte[] plain, Recipient... recipients) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (WritableByteChannel to =
        EncryptedFile.encrypting(Channels.newChannel(out), List.of(recipients))) {
      ByteBuffer left = ByteBuffer.wrap(plain);
      while (left.hasRemaining()) {
        var _ = to.write(left);
      }
    }
    return out.toByteArray();
  }

  private byte[] decrypted(byte[] encrypted, List<RecoveryKey> keys)
      throws IOException, CannotDecrypt {
    Path file = Files.write(directory.resolve("encrypted"), encrypted);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EncryptedFile.decrypt(file, keys, out);
    return out.toByteArray();
  }

  private Why why(byte[] encrypted, List<RecoveryKey> keys) {
    return catchThrowableOfType(CannotDecrypt.class, () -> decrypted(encrypted, keys)).why();
  }

  private static byte[] random(int bytes) {
    byte[] random = new byte[bytes];
    new Random(bytes).nextBytes(random);
    return random;
  }

  @Test
  void each_of_its_recipients_reads_it_alone_and_nobody_else() throws Exception {
    Pair other = RecoveryKey.make(NOW);
    Pair stranger = RecoveryKey.make(NOW);
    for (int size : new int[] {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5}) {
      byte[] plain = random(size);
      byte[] encrypted = encrypted(plain, pair.recipient(), other.recipient());
      assertThat(decrypted(encrypted, keys(pair))).isEqualTo(plain);
      assertThat(decrypted(encrypted, keys(other))).isEqualTo(plain);
      assertThat(decrypted(encrypted, keys(stranger, other))).isEqualTo(plain);
      assertThat(why(encrypted, keys(stranger))).isEqualTo(Why.OTHER_KEYS);
    }
  }

  @Test
  void a_file_that_was_cut_off_anywhere_is_never_taken_for_a_whole_one() throws Exception {
    byte[] small = encrypted("a few words".getBytes(StandardCharsets.UTF_8), pair.recipient());
    for (int length = "age-encryption.org/v1\n".length(); length < small.length; length++) {
      assertThat(why(Arrays.copyOf(small, length), keys(pair)))
          .as("%s of %s bytes", length, small.length)
          .isIn(Why.DAMAGED, Why.OTHER_KEYS);
    }
    byte[] large = encrypted(random(3 * CHUNK), pair.recipient());
    int payload = large.length - 3 * (CHUNK + TAG);
    for (int chunks = 0; chunks < 3; chunks++) {
      assertThat(why(Arrays.copyOf(large, payload + chunks * (CHUNK + TAG)), keys(pair)))
          .as("whole parts, %s of them", chunks)
          .isEqualTo(Why.DAMAGED);
    }
    assertThat(why(Arrays.copyOf(large, large.length + 1), keys(pair)))
        .as("something was added")
        .isEqualTo(Why.DAMAGED);
  }

  @Test
  void one_byte_that_was_changed_anywhere_is_noticed_and_breaks_nothing_else() throws Exception {
    byte[] encrypted = encrypted("a few words".getBytes(StandardCharsets.UTF_8), pair.recipient());
    for (int at = 0; at < encrypted.length; at++) {
      for (int change : new int[] {1, 0x0a, 0x80, 0xff}) {
        byte[] changed = encrypted.clone();
        changed[at] = (byte) (changed[at] ^ change);
        assertThatThrownBy(() -> decrypted(changed, keys(pair)))
            .as("byte %s, by %s", at, change)
            .isInstanceOf(CannotDecrypt.class);
      }
    }
  }

  @Test
  void what_is_no_such_file_is_called_so() throws Exception {
    for (byte[] other : List.of(new byte[0], "PGDMP and so on".getBytes(StandardCharsets.UTF_8))) {
      assertThat(why(other, keys(pair))).isEqualTo(Why.NOT_ENCRYPTED);
    }
  }

  @Test
  void one_that_nobody_has_completed_has_no_end() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WritableByteChannel to =
        EncryptedFile.encrypting(Channels.newChannel(out), List.of(pair.recipient()));
    var _ = to.write(ByteBuffer.wrap(random(2 * CHUNK)));
    assertThat(why(out.toByteArray(), keys(pair))).isEqualTo(Why.DAMAGED);
  }

  @Test
  void the_file_of_a_key_is_one_of_age_keygens_and_no_other_is_taken_for_one() throws Exception {
    assertThat(pair.file().value())
        .matches(
            "# created: 2026-11-30T10:00:00Z\n# public key: age1[0-9a-z]{58}\nAGE-SECRET-KEY-1[0-9A-Z]{58}\n")
        .contains(pair.recipient().toString());
    assertThat(Recipient.parse(pair.recipient().toString())).contains(pair.recipient());
    String private1 = pair.file().value().lines().skip(2).findFirst().orElseThrow();
    for (String wrong :
        List.of(private1.toLowerCase(java.util.Locale.ROOT), private1 + "A", "hunter22")) {
      Path file = Files.writeString(directory.resolve("wrong"), "# a key\n\n" + wrong + "\n");
      assertThatThrownBy(() -> RecoveryKey.load(file))
          .hasMessage("line 3 is no private key of age")
          .hasNoCause();
    }
    Path empty = Files.writeString(directory.resolve("empty"), "# nothing\n");
    assertThatThrownBy(() -> RecoveryKey.load(empty)).hasMessage("it holds no key");
  }

  @Test
  void a_public_key_with_a_slip_in_it_is_none() {
    String good = pair.recipient().toString();
    String slip = good.substring(0, 20) + (good.charAt(20) == 'q' ? 'p' : 'q') + good.substring(21);
    assertThat(Recipient.parse(slip)).isEmpty();
    for (String none :
        List.of("", "age1", good + "q", good.substring(1), "ssh-ed25519 AAAA", "ägé1")) {
      assertThat(Recipient.parse(none)).as(none).isEmpty();
    }
    assertThat(RecoveryKey.isIn("x age-secret-key-1qq")).isTrue();
    assertThat(RecoveryKey.isIn(good)).isFalse();
  }
}
