package io.holdfast.agent.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.secret.SecretSource.Found;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineSecretsTest {

  private static final String SETTING = "repository_password";
  private static final Secret SECRET = new Secret("plugh ünïcode");

  @TempDir private Path directory;

  private Path keyFile() {
    return directory.resolve("secrets/fleet.key");
  }

  @BeforeEach
  void aKey() throws IOException {
    Files.createDirectories(directory.resolve("secrets"));
    Files.writeString(keyFile(), "# the fleet's\n" + FleetKeys.newLine().value() + "\n");
  }

  private Found find(String value) {
    return find(SETTING, value);
  }

  private Found find(String setting, String value) {
    return new MachineSecrets(
            directory.resolve("secrets"),
            Map.of(
                "HOLDFAST_SECRET_REPOSITORY_PASSWORD",
                "from-env",
                "HOLDFAST_SECRET_REPOSITORY_PASSWORD_2",
                "another",
                "HOLDFAST_SECRET_REPOSITORY_PASSWORDS",
                "of-no-setting",
                "HOME",
                "/root"))
        .find(setting, value);
  }

  private static Found plain(String secret) {
    return new Found.Plain(new Secret(secret));
  }

  private static void missing(Found found, String why) {
    assertThat(found)
        .isInstanceOfSatisfying(
            Found.Missing.class,
            m -> {
              assertThat(m.why()).contains(why);
              assertThat(m.remedy()).isNotBlank();
            });
  }

  @Test
  void what_is_no_reference_is_the_secret_itself() {
    assertThat(find("plugh")).isEqualTo(plain("plugh"));
    assertThat(find("sftp:user@host:/repo")).isEqualTo(plain("sftp:user@host:/repo"));
  }

  @Test
  void a_file_in_the_secrets_directory_is_read_without_the_end_of_its_line() throws IOException {
    Files.writeString(directory.resolve("secrets/repository_password.repo"), "plugh\n");
    assertThat(find("file:repo")).isEqualTo(plain("plugh"));
    missing(find("file:other"), "which is not there");
  }

  @Test
  void a_file_is_good_for_the_setting_in_its_name_alone() throws IOException {
    Path secrets = directory.resolve("secrets");
    Files.writeString(secrets.resolve("repository_password.offsite"), "plugh");
    assertThat(find("repository_password", "file:offsite")).isEqualTo(plain("plugh"));
    for (String other : new String[] {"repository_url", "repository_environment"}) {
      missing(find(other, "file:offsite"), "which is not there");
      missing(find(other, "file:repository_password.offsite"), "which is not there");
    }
  }

  @Test
  void a_file_with_a_name_of_before_is_not_read_and_how_to_rename_it_is_told() throws IOException {
    Path older = Files.writeString(directory.resolve("secrets/offsite"), "plugh");
    Path newer = directory.resolve("secrets/repository_password.offsite");
    assertThat(find("file:offsite"))
        .isInstanceOfSatisfying(
            Found.Missing.class,
            m -> {
              assertThat(m.why()).contains(newer + ", which is not there");
              assertThat(m.remedy()).contains("mv " + older + " " + newer);
            });
    Files.writeString(directory.resolve("secrets/repository_url.x"), "plugh");
    assertThat(find("file:repository_url.x"))
        .isInstanceOfSatisfying(
            Found.Missing.class, m -> assertThat(m.remedy()).doesNotContain("mv "));
  }

  @Test
  void nothing_outside_the_secrets_directory_can_be_named_nor_the_key_itself() throws IOException {
    Files.writeString(directory.resolve("outside"), "x");
    for (String name :
        new String[] {
          "../outside", "/etc/passwd", directory + "/outside", ".hidden", "", "a/b", "fleet.key"
        }) {
      missing(find("file:" + name), "a name that is not allowed");
    }
  }

  @Test
  void only_variables_that_are_meant_for_it_can_be_named() {
    assertThat(find("env:HOLDFAST_SECRET_REPOSITORY_PASSWORD")).isEqualTo(plain("from-env"));
    assertThat(find("env:HOLDFAST_SECRET_REPOSITORY_PASSWORD_2")).isEqualTo(plain("another"));
    missing(find("env:HOLDFAST_SECRET_REPOSITORY_PASSWORD_OTHER"), "which the agent does not have");
    missing(find("env:HOME"), "a name that is not allowed");
    missing(find("env:HOLDFAST_SECRET_REPOSITORY_PASSWORDS"), "a name that is not allowed");
    missing(
        find("repository_url", "env:HOLDFAST_SECRET_REPOSITORY_PASSWORD"),
        "a name that is not allowed for it");
  }

  @Test
  void an_encrypted_value_is_decrypted_and_never_looks_the_same() throws IOException {
    FleetKeys keys = FleetKeys.load(keyFile());
    String one = keys.encrypt(SETTING, SECRET);
    assertThat(one).startsWith("enc:v1:").doesNotContain("plugh");
    assertThat(keys.encrypt(SETTING, SECRET)).isNotEqualTo(one);
    assertThat(find(one)).isEqualTo(new Found.Plain(SECRET));
  }

  @Test
  void it_is_good_for_its_own_setting_and_as_a_whole_only() throws IOException {
    String value = FleetKeys.load(keyFile()).encrypt(SETTING, SECRET);
    missing(find("repository_url", value), "or for another setting");
    int start = value.lastIndexOf(':') + 1;
    byte[] data = Base64.getUrlDecoder().decode(value.substring(start));
    for (int i = 0; i < data.length; i++) {
      byte[] changed = data.clone();
      changed[i] ^= 1;
      missing(
          find(
              value.substring(0, start)
                  + Base64.getUrlEncoder().withoutPadding().encodeToString(changed)),
          "with a key that is not in");
    }
    missing(find("enc:v1:"), "with a key that is not in");
    missing(find("enc:v2:00000000:AAAA"), "with a key that is not in");
  }

  @Test
  void a_key_is_replaced_at_leisure() throws IOException {
    String old = FleetKeys.load(keyFile()).encrypt(SETTING, SECRET);
    Files.writeString(keyFile(), FleetKeys.newLine().value() + "\n" + Files.readString(keyFile()));
    assertThat(find(old)).as("with both").isEqualTo(new Found.Plain(SECRET));
    String renewed = FleetKeys.load(keyFile()).encrypt(SETTING, SECRET);
    Files.writeString(keyFile(), Files.readAllLines(keyFile()).getFirst() + "\n");
    assertThat(find(renewed)).as("with the new one alone").isEqualTo(new Found.Plain(SECRET));
    missing(find(old), "with a key that is not in");
  }

  @Test
  void without_a_key_or_with_a_broken_one_the_reason_is_told_and_no_key() throws IOException {
    String value = FleetKeys.load(keyFile()).encrypt(SETTING, SECRET);
    String line = Files.readAllLines(keyFile()).getLast();
    Files.writeString(keyFile(), line.substring(0, line.length() - 5));
    missing(find(value), "line 1 is no key");
    Files.writeString(keyFile(), "# nothing\n");
    missing(find(value), "it holds no key");
    Files.delete(keyFile());
    missing(find(value), "this machine has no " + keyFile());
    assertThatThrownBy(() -> FleetKeys.load(keyFile())).isInstanceOf(IOException.class);
  }
}
