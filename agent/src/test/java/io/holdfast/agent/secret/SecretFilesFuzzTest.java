package io.holdfast.agent.secret;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Fuzz;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of keys, encrypted files and values that refer to secrets, whatever is in them. */
class SecretFilesFuzzTest {

  @TempDir private Path directory;

  @Test
  void encrypted_files() throws Exception {
    RecoveryKey.Pair pair = RecoveryKey.make(Instant.EPOCH);
    Path keyFile = Files.writeString(directory.resolve("key"), pair.file().value());
    List<RecoveryKey> keys = RecoveryKey.load(keyFile);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (WritableByteChannel channel =
        EncryptedFile.encrypting(Channels.newChannel(file), List.of(pair.recipient()))) {
      channel.write(ByteBuffer.wrap("a dump".repeat(20_000).getBytes(StandardCharsets.UTF_8)));
    }
    Path damaged = directory.resolve("damaged");
    Fuzz.bytes(
        "encrypted file",
        List.of(file.toByteArray()),
        List.of(EncryptedFile.CannotDecrypt.class),
        input -> {
          Files.write(damaged, input);
          EncryptedFile.decrypt(damaged, keys, OutputStream.nullOutputStream());
        });
  }

  @Test
  void files_of_recovery_keys() throws Exception {
    String good = RecoveryKey.make(Instant.EPOCH).file().value();
    Path file = directory.resolve("key");
    Fuzz.bytes(
        "recovery key",
        List.of(good.getBytes(StandardCharsets.UTF_8)),
        List.of(IOException.class),
        input -> {
          Files.write(file, input);
          assertThat(RecoveryKey.load(file)).isNotEmpty();
        });
  }

  @Test
  void keys_of_the_fleet() throws Exception {
    Path file = directory.resolve("fleet.key");
    Fuzz.bytes(
        "fleet key",
        List.of(("# comment\n0a1b2c3d " + "A".repeat(43) + "=\n").getBytes(StandardCharsets.UTF_8)),
        List.of(IOException.class),
        input -> {
          Files.write(file, input);
          assertThat(FleetKeys.load(file)).isNotNull();
        });
  }

  @Test
  void values_of_settings() throws Exception {
    Path secrets = Files.createDirectories(directory.resolve("secrets"));
    Files.writeString(secrets.resolve("repository_password.offsite"), "xyzzy\n");
    Files.writeString(secrets.resolve("fleet.key"), "0a1b2c3d " + "A".repeat(43) + "=\n");
    MachineSecrets machine = new MachineSecrets(secrets, Map.of("HOLDFAST_SECRET_X", "y"));
    Fuzz.texts(
        "reference to a secret",
        List.of(
            "file:offsite",
            "env:HOLDFAST_SECRET_REPOSITORY_PASSWORD",
            "enc:v1:0a1b2c3d:" + "A".repeat(60),
            "plain"),
        List.of(),
        input -> assertThat(machine.find("repository_password", input)).isNotNull());
  }
}
