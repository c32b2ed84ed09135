package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.secret.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnrolmentTokenTest {

  private static final Secret PASSWORD = new Secret("one-time-4711");

  @TempDir private Path directory;

  private EnrolmentToken token(String certificates) throws Exception {
    Path file = Files.writeString(directory.resolve("root.crt"), certificates);
    return EnrolmentToken.of(
        DatabaseUrl.parse(
            "postgresql://alice@db/h?sslcert=/a.crt&sslkey=/a.key&sslrootcert=" + file),
        "web",
        PASSWORD,
        "web-01");
  }

  private static String certificate(int size) {
    return "-----BEGIN CERTIFICATE-----\n" + "A".repeat(size) + "\n-----END CERTIFICATE-----\n";
  }

  @Test
  void the_certificate_of_the_servers_authority_goes_along_and_the_admins_own_does_not()
      throws Exception {
    EnrolmentToken token = token(certificate(1_900));
    assertThat(EnrolmentToken.parse(token.text())).contains(token);
    assertThat(token.certificates()).contains(certificate(1_900));
    assertThat(token.databaseUrl()).doesNotContain("sslrootcert", "sslcert", "sslkey");
    assertThat(token.address().jdbcUrl()).contains("sslmode=verify-full", "channelBinding=require");
    assertThat(token.address().password()).contains(PASSWORD);
    assertThat(token.text().length()).as("a terminal takes it").isLessThan(4_096);
  }

  @Test
  void what_would_not_fit_into_a_line_that_can_be_pasted_stays_a_file() throws Exception {
    EnrolmentToken token = token(certificate(1_900) + certificate(1_900));
    assertThat(token.certificates()).isEmpty();
    assertThat(token.databaseUrl()).contains("sslrootcert=");
    assertThat(EnrolmentToken.parse(token.text())).contains(token);
  }

  @Test
  void a_token_of_before_has_none() {
    assertThat(
            EnrolmentToken.parse(
                "hf1."
                    + java.util.Base64.getUrlEncoder()
                        .encodeToString(
                            "{\"url\":\"u\",\"user\":\"w\",\"password\":\"p\",\"device\":\"d\"}"
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8))))
        .contains(new EnrolmentToken("u", "w", new Secret("p"), "d", Optional.empty()));
  }
}
