package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code recovery-key} and {@code decrypt}, on a machine with nothing, and beside the real age. */
class RecoveryKeyIT {

  private static final String DUMP = "PGDMP the fleet's secrets\n".repeat(20_000);

  @TempDir private Path directory;

  private Result holdfast(String... arguments) {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(List.of(arguments));
    return Program.run(Map.of("HOME", directory.toString()), command);
  }

  private String newKey(Path file) {
    Result made = holdfast("recovery-key", "--to", file.toString());
    assertThat(made.exitCode()).as(made.all()).isZero();
    assertThat(made.out()).matches("age1[0-9a-z]{58}\n");
    assertThat(made.all()).doesNotContain("AGE-SECRET-KEY");
    return made.out().strip();
  }

  private Path key() {
    return directory.resolve("key");
  }

  private Path encryptedByAge(String recipient) throws IOException {
    Path plain = Files.writeString(directory.resolve("plain"), DUMP);
    Path encrypted = directory.resolve("control-plane.dump.age");
    Program.mustRun(List.of("age", "-r", recipient, "-o", encrypted.toString(), plain.toString()));
    return encrypted;
  }

  private Result decrypt(Path identity, Path dump, String to) {
    return holdfast("decrypt", "--identity", identity.toString(), dump.toString(), "--to", to);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void age_reads_our_keys_and_we_read_its_keys_and_its_files() throws Exception {
    String recipient = newKey(key());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key())))
        .isEqualTo("rw-------");
    assertThat(Program.mustRun(List.of("age-keygen", "-y", key().toString())).out().strip())
        .isEqualTo(recipient);
    Path dump = encryptedByAge(recipient);
    assertThat(Program.mustRun(List.of("age", "-d", "-i", key().toString(), dump.toString())).out())
        .isEqualTo(DUMP);

    Path to = directory.resolve("decrypted");
    Result decrypted = decrypt(key(), dump, to.toString());
    assertThat(decrypted.exitCode()).as(decrypted.all()).isZero();
    assertThat(Files.readString(to)).isEqualTo(DUMP);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(to)))
        .isEqualTo("rw-------");
    assertThat(decrypt(key(), dump, "-").out()).isEqualTo(DUMP);

    Path ages = directory.resolve("ages");
    Program.mustRun(List.of("age-keygen", "-o", ages.toString()));
    String itsRecipient =
        Program.mustRun(List.of("age-keygen", "-y", ages.toString())).out().strip();
    assertThat(decrypt(ages, encryptedByAge(itsRecipient), "-").out()).isEqualTo(DUMP);
  }

  @Test
  void a_key_is_never_written_over_and_neither_is_what_was_decrypted() throws Exception {
    String recipient = newKey(key());
    String before = Files.readString(key());
    Result again = holdfast("recovery-key", "--to", key().toString());
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("is there already, and may hold the only key");
    assertThat(Files.readString(key())).isEqualTo(before);
    assertThat(decrypt(key(), encryptedByAge(recipient), key().toString()).err())
        .contains("is there already");
    assertThat(Files.readString(key())).isEqualTo(before);
    Result nowhere = holdfast("recovery-key", "--to", directory.resolve("no/where").toString());
    assertThat(nowhere.exitCode()).isEqualTo(1);
    assertThat(nowhere.err()).contains("could not be written into");
    assertThat(files()).containsExactly("control-plane.dump.age", "key", "plain");
  }

  @Test
  void what_is_not_whole_or_for_others_leaves_nothing_and_is_a_sentence() throws Exception {
    Path dump = encryptedByAge(newKey(key()));
    Path stranger = directory.resolve("stranger");
    newKey(stranger);
    byte[] whole = Files.readAllBytes(dump);
    Path cut = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, whole.length - 100));
    byte[] other = whole.clone();
    other[whole.length / 2] ^= 1;
    Path changed = Files.write(directory.resolve("changed"), other);
    List<String> before = files();
    for (String to : List.of(directory.resolve("to").toString(), "-")) {
      for (Path broken : List.of(cut, changed)) {
        Result refused = decrypt(key(), broken, to);
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err())
            .contains(broken + " is damaged or cut off")
            .contains("take an older snapshot")
            .doesNotContain("Exception");
        assertThat(refused.out()).isEmpty();
      }
      assertThat(decrypt(stranger, dump, to).err())
          .contains("was encrypted for other keys than that in " + stranger);
      assertThat(decrypt(key(), directory.resolve("plain"), to).err())
          .contains("is no file that was encrypted with age");
      assertThat(decrypt(key(), directory.resolve("nothing"), to).err())
          .contains("there is no such file");
      Result noKey = decrypt(directory.resolve("plain"), dump, to);
      assertThat(noKey.exitCode()).isEqualTo(2);
      assertThat(noKey.err()).contains("line 1 is no private key of age");
    }
    assertThat(files()).isEqualTo(before);
  }
}
