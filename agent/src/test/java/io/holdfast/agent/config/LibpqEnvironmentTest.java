package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LibpqEnvironmentTest {

  private static Map<String, String> of(String url) throws Exception {
    return LibpqEnvironment.of(DatabaseUrl.parse(url));
  }

  @Test
  void hosts_ports_database_and_login_are_those_of_the_url() throws Exception {
    assertThat(
            of(
                "postgresql://al%40ice:pass%20word@[::1]:5433,db2/hold?target_session_attrs=primary"))
        .containsEntry("PGHOST", "::1,db2")
        .containsEntry("PGPORT", "5433,5432")
        .containsEntry("PGDATABASE", "hold")
        .containsEntry("PGUSER", "al@ice")
        .containsEntry("PGPASSWORD", "pass word")
        .containsEntry("PGTARGETSESSIONATTRS", "read-write");
  }

  @Test
  void the_name_of_a_database_is_decoded_as_the_driver_does_it() throws Exception {
    assertThat(of("postgresql://localhost/hold%20fast")).containsEntry("PGDATABASE", "hold fast");
  }

  @Test
  void tls_is_demanded_as_the_driver_would_demand_it() throws Exception {
    assertThat(of("postgresql://db/h?sslmode=verify-ca")).containsEntry("PGSSLMODE", "verify-ca");
    assertThat(of("jdbc:postgresql://db/h?ssl=true")).containsEntry("PGSSLMODE", "verify-full");
    assertThat(of("jdbc:postgresql://db/h?sslmode=require&ssl=true"))
        .containsEntry("PGSSLMODE", "require");
    assertThat(of("jdbc:postgresql://db/h"))
        .containsEntry("PGSSLMODE", "verify-full")
        .containsEntry("PGCHANNELBINDING", "require")
        .containsEntry("PGREQUIREAUTH", "!password,!md5");
    assertThat(of("jdbc:postgresql://localhost/h"))
        .doesNotContainKeys("PGSSLMODE", "PGCHANNELBINDING", "PGREQUIREAUTH");
  }
}
