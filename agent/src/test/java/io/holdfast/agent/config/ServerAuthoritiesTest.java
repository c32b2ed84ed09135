package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.ServerAuthorities.Places;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By whose certificates a server proves itself on a machine, and what the driver is told. */
class ServerAuthoritiesTest {

  @TempDir private Path directory;

  private Path usual() {
    return directory.resolve("root.crt");
  }

  private Path bundle() {
    return directory.resolve("ca-certificates.crt");
  }

  private String driver(String url, boolean hasBundle) throws InvalidDatabaseUrl {
    return ServerAuthorities.forTheDriver(
        DatabaseUrl.parse(url).jdbcUrl(),
        new Places(usual(), hasBundle ? Optional.of(bundle()) : Optional.empty()));
  }

  @Test
  void without_a_file_of_its_own_a_server_proves_itself_by_the_machines_authorities()
      throws InvalidDatabaseUrl {
    String encoded = bundle().toString().replace("/", "%2F");
    assertThat(driver("postgresql://db/h", true)).contains("&sslrootcert=" + encoded + "&");
    assertThat(driver("postgresql://db/h?sslrootcert=system", true))
        .contains("&sslrootcert=" + encoded + "&")
        .doesNotContain("=system");
    assertThat(driver("postgresql://db/h?sslrootcert=system", false))
        .contains("&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory")
        .doesNotContain("sslrootcert");
    assertThat(driver("jdbc:postgresql://db/h?ssl=true", true)).contains("sslrootcert=" + encoded);
  }

  @Test
  void a_file_that_was_chosen_for_it_comes_first() throws Exception {
    Files.writeString(usual(), "");
    assertThat(driver("postgresql://db/h", true)).doesNotContain("sslrootcert");
    assertThat(driver("postgresql://db/h?sslrootcert=/a.crt", true))
        .contains("sslrootcert=%2Fa.crt");
    assertThat(driver("postgresql://db/h?sslrootcert=system", true))
        .as("in so many words")
        .contains("ca-certificates.crt");
  }

  /** Any name would do with it, and anybody gets a certificate of a public authority. */
  @Test
  void a_check_without_the_name_takes_no_public_authority() throws InvalidDatabaseUrl {
    assertThat(driver("postgresql://db/h?sslmode=verify-ca", true)).doesNotContain("sslrootcert");
  }

  @Test
  void where_no_certificate_is_checked_or_something_else_checks_it_nothing_changes()
      throws InvalidDatabaseUrl {
    for (String url :
        new String[] {
          "postgresql://localhost/h",
          "postgresql://db/h?sslmode=require",
          "postgresql://db/h?sslmode=disable",
          "jdbc:postgresql://db/h?sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
        }) {
      assertThat(driver(url, true)).isEqualTo(DatabaseUrl.parse(url).jdbcUrl());
    }
  }

  @Test
  void of_a_chosen_file_the_certificates_go_on_to_other_machines_and_nothing_else_does()
      throws Exception {
    String certificate = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----";
    Path file = Files.writeString(usual(), "what openssl says\n" + certificate + "\nmore\n");
    DatabaseAddress address = DatabaseUrl.parse("postgresql://db/h?sslrootcert=" + file);
    assertThat(address.authoritiesCertificates()).contains(certificate + "\n");
    Files.writeString(file, "no certificate\n");
    assertThat(address.authoritiesCertificates()).isEmpty();
    assertThat(DatabaseUrl.parse("postgresql://db/h?sslrootcert=system").authoritiesCertificates())
        .isEmpty();
    assertThat(
            DatabaseUrl.parse("postgresql://db/h?sslrootcert=/not/there").authoritiesCertificates())
        .isEmpty();
  }
}
