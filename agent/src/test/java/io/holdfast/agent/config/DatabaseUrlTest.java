package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.secret.Secret;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "postgresql://localhost/db |"
            + " jdbc:postgresql://localhost/db?ApplicationName=holdfast&connectTimeout=10&prepareThreshold=0&socketTimeout=60&tcpKeepAlive=true"
            + " | localhost/db",
        "postgres://h1,h2:5433/db?target_session_attrs=read-write |"
            + " jdbc:postgresql://h1,h2:5433/db?ApplicationName=holdfast&channelBinding=require&connectTimeout=10&prepareThreshold=0&requireAuth=%21password%2C%21md5&socketTimeout=60&sslmode=verify-full&targetServerType=primary&tcpKeepAlive=true"
            + " | h1,h2:5433/db",
        "postgresql://[::1]:5433/db?sslmode=verify-full&connect_timeout=3 |"
            + " jdbc:postgresql://[::1]:5433/db?ApplicationName=holdfast&connectTimeout=3&prepareThreshold=0&socketTimeout=60&sslmode=verify-full&tcpKeepAlive=true"
            + " | [::1]:5433/db",
        "jdbc:postgresql://localhost:1/db?socketTimeout=5&prepareThreshold=3 |"
            + " jdbc:postgresql://localhost:1/db?ApplicationName=holdfast&connectTimeout=10&prepareThreshold=3&socketTimeout=5&tcpKeepAlive=true"
            + " | localhost:1/db"
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
        "postgresql://h:port/db | behind \"h\" there is no port",
        "postgresql://a b/db | is no host or host:port",
        "postgresql://h/db?sslmod=require | parameter \"sslmod\" is not supported",
        "postgresql://h/db?sslmode | not name=value",
        "postgresql://h/db?target_session_attrs=master | unknown value \"master\"",
        "postgresql://h/db?sslmode=on | sslmode has the unknown value \"on\"",
        "postgresql://localhost/db?sslmode=on | sslmode has the unknown value \"on\"",
        "postgresql://h/db?require_auth=scram-sha-256,md5 | permits a password in clear or by MD5",
        "postgresql://h/db?require_auth=password | permits a password in clear or by MD5",
        "postgresql://h:0/db | has no port from 1 to 65535",
        "jdbc:postgresql://h1,h2:99999/db | \"h2\" has no port from 1 to 65535",
        "postgresql://h/db?connect_timeout=abc | \"connectTimeout\" is no whole number",
        "postgresql://h/db?connect_timeout= | \"connectTimeout\" is no whole number",
        "jdbc:postgresql://h/db?socketTimeout=1m | \"socketTimeout\" is no whole number",
        "jdbc:postgresql://h/db?prepareThreshold=off | \"prepareThreshold\" is no whole number",
        "postgresql://h/db?sslrootcert=root.crt | \"sslrootcert\" is no absolute path",
        "postgresql://h/db?sslrootcert=~/root.crt | \"sslrootcert\" is no absolute path",
        "postgresql://h/db?sslcert=$HOME/a.crt | \"sslcert\" is no absolute path",
        "jdbc:postgresql://h/db?sslkey=a.key | \"sslkey\" is no absolute path",
        "postgresql://h/db?sslrootcert=system&sslmode=require | holds with sslmode=verify-full alone",
        "postgresql://localhost/db?sslrootcert=system&sslmode=verify-ca | sslmode=verify-full alone",
        "jdbc:postgresql://localhost/db?PGHOST=h | parameter \"PGHOST\" names a place too",
        "jdbc:postgresql://localhost/db?service=h | parameter \"service\" names a place too"
      })
  void what_cannot_be_meant_is_refused_with_a_sentence(String url, String sentence) {
    assertThatThrownBy(() -> DatabaseUrl.parse(url))
        .isInstanceOf(InvalidDatabaseUrl.class)
        .hasMessageContaining(sentence);
  }

  /** A password that is written as it is, or a host that was forgotten. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://agent:x!yzzy/holdfast",
        "postgresql://agent:12345678/holdfast@h",
        "postgresql://agent:a/x!yzzy@h/holdfast",
        "postgresql://agent:a@x!yzzy@h/holdfast",
        "postgresql://agent:a@x!yzzy/holdfast",
        "postgresql://agent@x!yzzy\"=/holdfast",
        "postgresql://h/db?x!yzzy=1",
        "postgresql://h/db?sslmode=x!yzzy",
        "postgresql://h/db?target_session_attrs=x!yzzy",
        "jdbc:postgresql://agent:x!yzzy@h/holdfast",
        "jdbc:postgresql://localhost/db?sslmode=x!yzzy"
      })
  void a_sentence_repeats_nothing_that_may_be_a_password(String url) {
    assertThatThrownBy(() -> DatabaseUrl.parse(url))
        .isInstanceOf(InvalidDatabaseUrl.class)
        .hasMessageNotContainingAny("yzzy", "5678");
  }

  /** On the left what is written, on the right what counts; the last column is the warning. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "h/db | sslmode=verify-full requireAuth=%21password%2C%21md5 channelBinding=require | ",
        "localhost,h/db | sslmode=verify-full requireAuth=%21password%2C%21md5"
            + " channelBinding=require | ",
        "h/db?sslcert=/c&sslkey=/k | sslmode=verify-full requireAuth=%21password%2C%21md5 | ",
        "h/db?channel_binding=prefer | sslmode=verify-full requireAuth=%21password%2C%21md5"
            + " channelBinding=prefer | ",
        "h/db?require_auth=scram-sha-256 | sslmode=verify-full requireAuth=scram-sha-256"
            + " channelBinding=require | ",
        "h/db?require_auth=!gss | sslmode=verify-full requireAuth=%21gss%2C%21password%2C%21md5"
            + " channelBinding=require | ",
        "h/db?sslmode=verify-ca | sslmode=verify-ca requireAuth=%21password%2C%21md5"
            + " channelBinding=require | any other name",
        "h/db?sslmode=require | sslmode=require requireAuth=%21password%2C%21md5"
            + " channelBinding=require | anybody's certificate",
        "h/db?sslmode=prefer | sslmode=prefer requireAuth=%21password%2C%21md5 | may go without"
            + " TLS",
        "h/db?sslmode=disable | sslmode=disable requireAuth=%21password%2C%21md5 | may go without"
            + " TLS",
        "localhost/db | | ",
        "LOCALHOST:5433/db | | ",
        "127.0.0.1,[::1]:5433,[0:0:0:0:0:0:0:1]/db | | ",
        "127.255.255.254/db?sslmode=disable | sslmode=disable | ",
        "127.0.0.256/db | sslmode=verify-full requireAuth=%21password%2C%21md5"
            + " channelBinding=require | ",
        "127.0.0.1.example/db | sslmode=verify-full requireAuth=%21password%2C%21md5"
            + " channelBinding=require | ",
        "localhost.example/db | sslmode=verify-full requireAuth=%21password%2C%21md5"
            + " channelBinding=require | ",
        "[::2]/db | sslmode=verify-full requireAuth=%21password%2C%21md5 channelBinding=require | ",
        "128.0.0.1/db | sslmode=verify-full requireAuth=%21password%2C%21md5 channelBinding=require"
            + " | "
      })
  void a_server_on_another_machine_has_to_prove_itself_unless_the_url_says_otherwise(
      String url, @Nullable String expected, @Nullable String warning) throws InvalidDatabaseUrl {
    DatabaseAddress address = DatabaseUrl.parse("postgresql://" + url);
    Set<String> demands =
        Stream.of(address.jdbcUrl().replaceFirst(".*\\?", "").split("&", -1))
            .filter(p -> p.matches("(sslmode|requireAuth|channelBinding)=.*"))
            .collect(Collectors.toSet());
    assertThat(demands)
        .isEqualTo(expected == null ? Set.of() : Set.of(expected.strip().split(" +", -1)));
    if (warning == null) {
      assertThat(address.gap()).isEmpty();
    } else {
      assertThat(address.gap().orElseThrow()).contains(warning);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sslfactory=org.postgresql.ssl.NonValidatingFactory, false",
    "sslhostnameverifier=org.example.Anybody, false",
    "sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory, true",
    "ssl=true, true",
    "ssl=false, true"
  })
  void what_replaces_the_check_of_the_certificate_is_a_gap_too(String parameter, boolean proved)
      throws InvalidDatabaseUrl {
    assertThat(DatabaseUrl.parse("jdbc:postgresql://h/db?" + parameter).gap().isEmpty())
        .isEqualTo(proved);
  }

  @Test
  void others_do_not_get_an_admins_own_certificate_with_the_url() throws InvalidDatabaseUrl {
    DatabaseAddress address =
        DatabaseUrl.parse(
            "postgresql://alice@h/db?sslcert=/a.crt&sslkey=/a.key&sslpassword=hunter22&sslrootcert=/root.crt");
    assertThat(address.urlForOthers(false)).doesNotContain("/a.", "hunter22").contains("root.crt");
    assertThat(DatabaseUrl.parse(address.urlForOthers(true)).jdbcUrl())
        .doesNotContain("root.crt")
        .contains("sslmode=verify-full", "channelBinding=require");
  }

  /** Wherever it stands: the decoder would throw, with a piece of the password in its message. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u:50%off@127.0.0.1:1/x",
        "postgresql://u:hunter%@h/x",
        "postgresql://u:hunter%2@h/x",
        "postgresql://u%zz:hunter@h/x",
        "postgresql://u:hunter@h/x%",
        "postgresql://u:hunter@h/x?application_name=%zz",
        "postgresql://h/x?password=hunter%",
        "jdbc:postgresql://h/x?options=%zz",
        "jdbc:postgresql://h/x%zz",
        "jdbc:postgresql://h/x?password=50%off"
      })
  void a_stray_percent_sign_is_answered_and_nothing_of_the_url_repeated(String url) {
    assertThatThrownBy(() -> DatabaseUrl.parse(url))
        .isInstanceOf(InvalidDatabaseUrl.class)
        .hasMessage(
            "a % in it is not followed by two hexadecimal digits; write %25 for a percent sign")
        .hasNoCause();
  }

  @Test
  void a_file_of_authorities_may_be_the_machines_own_and_then_the_name_counts()
      throws InvalidDatabaseUrl {
    for (String host : new String[] {"h", "localhost"}) {
      assertThat(DatabaseUrl.parse("postgresql://" + host + "/db?sslrootcert=system").jdbcUrl())
          .contains("sslmode=verify-full", "sslrootcert=system");
    }
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
