package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.secret.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "postgresql://h/db | jdbc:postgresql://h/db?ApplicationName=holdfast&connectTimeout=10&socketTimeout=60&tcpKeepAlive=true | h/db",
        "postgres://h1,h2:5433/db?target_session_attrs=read-write | jdbc:postgresql://h1,h2:5433/db?ApplicationName=holdfast&connectTimeout=10&socketTimeout=60&targetServerType=primary&tcpKeepAlive=true | h1,h2:5433/db",
        "postgresql://[::1]:5433/db?sslmode=verify-full&connect_timeout=3 | jdbc:postgresql://[::1]:5433/db?ApplicationName=holdfast&connectTimeout=3&socketTimeout=60&sslmode=verify-full&tcpKeepAlive=true | [::1]:5433/db",
        "jdbc:postgresql://h:1/db?socketTimeout=5&prepareThreshold=0 | jdbc:postgresql://h:1/db?ApplicationName=holdfast&connectTimeout=10&prepareThreshold=0&socketTimeout=5&tcpKeepAlive=true | h:1/db"
      })
  void both_forms_become_a_jdbc_url_that_gives_up_in_time(String url, String jdbc, String display)
      throws InvalidDatabaseUrl {
    DatabaseAddress address = DatabaseUrl.parse(url);
    assertThat(address.jdbcUrl()).isEqualTo(jdbc);
    assertThat(address.display()).isEqualTo(display);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://me:p%40ss%2Fw@h/db",
        "jdbc:postgresql://h/db?user=me&password=p%40ss%2Fw",
        "postgresql://h/db?user=me&password=p%40ss%2Fw"
      })
  void user_and_password_are_taken_out_of_the_url(String url) throws InvalidDatabaseUrl {
    DatabaseAddress address = DatabaseUrl.parse(url);
    assertThat(address.user()).contains("me");
    assertThat(address.password()).contains(new Secret("p@ss/w"));
    assertThat(address.jdbcUrl() + address.display() + address)
        .doesNotContain("p@ss")
        .doesNotContain("p%40");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mysql://h/db | neither jdbc:postgresql:",
        "postgresql:///db | names no host",
        "postgresql://h/ | names no database",
        "postgresql://h | names no database",
        "postgresql://h:port/db | is no host or host:port",
        "postgresql://h/db?sslmod=require | parameter \"sslmod\" is not supported",
        "postgresql://h/db?sslmode | not name=value",
        "postgresql://h/db?target_session_attrs=master | unknown value \"master\""
      })
  void what_cannot_be_meant_is_refused_with_a_sentence(String url, String sentence) {
    assertThatThrownBy(() -> DatabaseUrl.parse(url))
        .isInstanceOf(InvalidDatabaseUrl.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void a_refusal_shows_no_password() {
    assertThatThrownBy(() -> DatabaseUrl.parse("postgresql://u:hunter22@h/db?nonsense=1"))
        .message()
        .doesNotContain("hunter22");
  }

  @ParameterizedTest
  @CsvSource({"0, false", "1, true"})
  void keepalives_of_libpq_is_a_switch(String libpq, boolean ours) throws InvalidDatabaseUrl {
    assertThat(DatabaseUrl.parse("postgresql://h/db?keepalives=" + libpq).jdbcUrl())
        .contains("tcpKeepAlive=" + ours);
  }

  @Test
  void a_plus_sign_before_the_host_is_a_plus_sign() throws InvalidDatabaseUrl {
    assertThat(DatabaseUrl.parse("postgresql://a+b:c+d@h/db").user()).contains("a+b");
    assertThat(DatabaseUrl.parse("postgresql://a+b:c+d@h/db").password())
        .contains(new Secret("c+d"));
  }

  @Test
  void a_parameter_has_a_name_of_one_letter_at_least() throws InvalidDatabaseUrl {
    assertThat(DatabaseUrl.parse("jdbc:postgresql://h/db?a=b").jdbcUrl()).contains("a=b");
    assertThatThrownBy(() -> DatabaseUrl.parse("jdbc:postgresql://h/db?=b"))
        .hasMessageContaining("not name=value");
  }
}
