package io.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.secret.Recipient;
import io.holdfast.agent.secret.RecoveryKey;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalConfigFileTest {

  private static final String GOOD =
      """
      device:
        id: web-01
        name: Web 1
      database:
        url: postgresql://agent@localhost/holdfast
      """;

  @TempDir private Path directory;

  private Environment environment(Map<String, String> variables) {
    return new Environment(variables, directory, "me", false, false);
  }

  private Path file(String content) throws IOException {
    return file(content, "rw-------");
  }

  private Path file(String content, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve("holdfast.yaml"), content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private LocalConfig load(String content) throws Exception {
    return LocalConfigFile.load(file(content), environment(Map.of()));
  }

  private List<String> findings(String content) throws IOException {
    Path file = file(content);
    return catchThrowableOfType(
            InvalidConfig.class, () -> LocalConfigFile.load(file, environment(Map.of())))
        .findings();
  }

  @Test
  void a_file_with_the_least_that_is_needed_is_read() throws Exception {
    LocalConfig config = load(GOOD);
    assertThat(config.deviceId()).isEqualTo("web-01");
    assertThat(config.deviceName()).isEqualTo("Web 1");
    assertThat(config.database().user()).contains("agent");
    assertThat(config.database().display()).isEqualTo("localhost/holdfast");
    assertThat(config.resticPath()).isEmpty();
    assertThat(config.stateDirectory()).isEqualTo(directory.resolve(".local/state/holdfast"));
    assertThat(config.warnings()).isEmpty();
  }

  /** What is no path; every other key is one, so that a new one has to be looked at. */
  private static final Set<String> NO_PATHS =
      Set.of(
          "device.id",
          "device.name",
          "database.url",
          "database.user",
          "database.password",
          "restic.releases",
          "log.max_size",
          "log.keep",
          "log.format",
          "policy.restic_args",
          "policy.repositories",
          "policy.rclone_remotes",
          "control_plane_dump.url",
          "control_plane_dump.user",
          "control_plane_dump.recipients");

  /** It would be another place for the daemon than for a command in some directory. */
  @Test
  void every_path_is_refused_that_depends_on_where_the_agent_was_started() throws IOException {
    for (var section : LocalConfigFile.KEYS.entrySet()) {
      for (String key : section.getValue()) {
        String name = section.getKey().isEmpty() ? key : section.getKey() + "." + key;
        if (NO_PATHS.contains(name)) {
          continue;
        }
        for (String path : List.of("relative", "./x", "~/x", "$HOME/x", "../x")) {
          assertThat(String.join("\n", findings(with(section.getKey(), key, path))))
              .as("%s: %s", name, path)
              .contains(name + " \"" + path + "\" is no absolute path");
        }
      }
    }
  }

  private static String with(String section, String key, String value) {
    String line = key + ": " + value + "\n";
    return switch (section) {
      case "" -> GOOD + line;
      case "database" -> GOOD + "  " + line;
      case "control_plane_dump" ->
          GOOD + "control_plane_dump:\n  url: postgresql://localhost/h\n  " + line;
      default -> GOOD + section + ":\n  " + line;
    };
  }

  @Test
  void the_password_in_a_file_is_its_line_and_what_cannot_be_seen_is_told() throws Exception {
    Path secret = directory.resolve("password");
    for (String content : List.of("hunter2", "hunter2\n", "hunter2\r\n\n", "\ufeffhunter2\n")) {
      Files.writeString(secret, content);
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
      LocalConfig config = load(GOOD + "  password_file: " + secret + "\n");
      assertThat(config.database().password()).contains(new Secret("hunter2"));
      assertThat(config.warnings()).isEmpty();
    }
    Files.writeString(secret, "hunter2\u00a0\n");
    assertThat(load(GOOD + "  password_file: " + secret + "\n").warnings())
        .containsExactly(
            secret
                + ": the password in it begins or ends with blanks or other signs that cannot be"
                + " seen. Write it without, unless they belong to it.");
  }

  /** What begins with a special sign is no text to YAML, and the parser repeats what it met. */
  @ParameterizedTest
  @ValueSource(strings = {"*hunter2", "!hunter2!x y", "%hunter2", "@hunter2", "`hunter2"})
  void a_password_without_its_quotes_is_not_repeated(String password) throws IOException {
    assertThat(findings(GOOD + "  password: " + password + "\n").getFirst())
        .contains("this is not valid YAML", "stands in quotes")
        .doesNotContain("hunter2");
  }

  @Test
  void of_a_key_that_may_hold_a_password_only_its_beginning_is_repeated() throws IOException {
    assertThat(findings(GOOD.replace("database:\n", "database:\n  password:s!ecret: x\n")))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains(
            "the key database.password… is unknown. A blank is missing behind the colon of password.");
    assertThat(findings(GOOD + "\"s!ecret\": x\n\"s!ecret\": x\n").toString())
        .contains("the key s… is unknown", "the key s… is there twice")
        .doesNotContain("ecret");
  }

  @Test
  void everything_that_is_wrong_is_told_at_once_each_with_its_line_and_remedy() throws IOException {
    String file = directory.resolve("holdfast.yaml").toString();
    assertThat(
            findings(
                """
                device:
                  idd: web-01
                  name: [a, b]
                databse:
                  url: x
                restic: /usr/bin/restic
                state_directory: /a
                state_directory: /b
                """))
        .containsExactly(
            file + ":2: the key device.idd is unknown. Did you mean id?",
            file
                + ":3: device.name must be a text and is a list. Write one value behind the colon.",
            file + ":4: the key databse is unknown. Did you mean database?",
            file
                + ":6: restic must hold further keys and holds a single value. Write the keys below"
                + " it, indented: path, releases.",
            file + ":8: the key state_directory is there twice. Remove one of them.");
    assertThat(findings("device:\n  name: x\ndatabase:\n  user: y\n"))
        .containsExactly(
            file
                + ":1: device.id is missing. Name this device: a short text that no other device"
                + " has and that never changes.",
            file
                + ":3: database.url is missing. Write where the control plane is:"
                + " postgresql://host:5432/database.");
    assertThat(findings("device:\n  id: -x\n  name: [a, b]\ndatabase: [c]\n"))
        .as("shape and values")
        .hasSize(3)
        .anySatisfy(finding -> assertThat(finding).contains(":2: device.id \"-x\" is not allowed"))
        .anySatisfy(finding -> assertThat(finding).contains(":3: device.name must be a text"))
        .anySatisfy(finding -> assertThat(finding).contains(":4: database must hold further keys"));
    assertThat(findings(GOOD.replace("web-01", "' a'")).getFirst())
        .startsWith(file + ":2: device.id \" a\" is not allowed");
    assertThat(findings("device: {\n  id: a\n").getFirst()).contains("this is not valid YAML");
    assertThat(findings("").getFirst()).startsWith(file + ":1: the file is empty");
    assertThat(findings("just text").getFirst()).contains("no list of keys and values");
  }

  @Test
  void the_machines_policy_names_what_rows_may_make_it_do_and_where_that_stands() throws Exception {
    assertThat(load(GOOD).policy()).isEqualTo(Policy.NONE);
    LocalConfig config =
        load(
            GOOD
                + """
                policy:
                  source_roots: /srv, /home/jane
                  restic_args: none
                """);
    int lines = (int) GOOD.lines().count();
    assertThat(config.policy().sourceRoots())
        .contains(
            new Policy.Rule(List.of("/srv", "/home/jane"), config.file() + ":" + (lines + 2)));
    assertThat(config.policy().resticArgs())
        .contains(new Policy.Rule(List.of(), config.file() + ":" + (lines + 3)));
    assertThat(config.policy().repositories()).isEmpty();
    assertThat(config.policy().restoreRoots()).isEmpty();
    assertThat(load(GOOD + "policy:\n  restore_roots: /srv/restored\n").policy().restoreRoots())
        .contains(new Policy.Rule(List.of("/srv/restored"), config.file() + ":" + (lines + 2)));
    assertThat(load(GOOD + "policy:\n  rclone_remotes: nas, attic\n").policy().rcloneRemotes())
        .get()
        .extracting(Policy.Rule::allowed)
        .isEqualTo(List.of("nas", "attic"));
    assertThat(load(GOOD + "policy:\n  cache_roots: /var/cache\n").policy().cacheRoots())
        .get()
        .extracting(Policy.Rule::allowed)
        .isEqualTo(List.of("/var/cache"));
    LocalConfig listed =
        load(
            GOOD
                + """
                policy:
                  source_roots:
                    - /srv
                    - /home/jane
                  restic_args: []
                  cache_roots:
                """);
    assertThat(listed.policy().sourceRoots()).isEqualTo(config.policy().sourceRoots());
    assertThat(listed.policy().resticArgs().map(Policy.Rule::allowed)).contains(List.of());
    assertThat(listed.policy().cacheRoots()).isEmpty();
    assertThat(findings(GOOD + "policy:\n  source_roots: {a: b}\n").getFirst())
        .contains("policy.source_roots must be a list of texts and holds a group of keys");
    assertThat(findings(GOOD + "policy:\n  source_root: /srv\n").getFirst())
        .contains("the key policy.source_root is unknown. Did you mean source_roots?");
  }

  @Test
  void the_log_goes_where_the_section_says_and_how() throws Exception {
    assertThat(load(GOOD).log()).isEqualTo(LogSection.USUAL);
    LocalConfig config =
        load(
            GOOD
                + """
                log:
                  file: /var/log/holdfast/agent.log
                  max_size: 2M
                  keep: 3
                  format: json
                """);
    assertThat(config.log())
        .isEqualTo(
            new LogSection(
                Optional.of(Path.of("/var/log/holdfast/agent.log")),
                2 << 20,
                3,
                LogSection.Format.JSON));
    assertThat(
            findings(GOOD + "log: {file: agent.log, max_size: 10 TB, keep: 0, format: jsn}")
                .stream()
                .map(finding -> finding.replaceFirst("^[^ ]+ ", "")))
        .containsExactly(
            "log.file \"agent.log\" is no absolute path of a file, or has a percent sign. Write it"
                + " from the root on, such as /var/log/holdfast/holdfast.log.",
            "log.max_size \"10 TB\" is no size from 64K to 1G. Write a number and K, M or G, such"
                + " as 10M.",
            "log.keep \"0\" is no number from 1 to 20. Write how many files that were put aside are"
                + " kept, such as 5.",
            "log.format \"jsn\" is unknown. Did you mean \"json\"?");
  }

  @Test
  void only_a_machine_that_says_how_dumps_the_control_plane() throws Exception {
    assertThat(load(GOOD).controlPlaneDump()).isEmpty();
    assertThat(load(GOOD).policy().dumpsControlPlane()).isFalse();
    Path secret = Files.writeString(directory.resolve("dumper-password"), "hunter22\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    LocalConfig config =
        load(
            GOOD
                + """
                control_plane_dump:
                  url: postgresql://dumper@db.example:6432/holdfast?sslmode=verify-full
                  password_file: %s
                  pg_dump: /usr/lib/postgresql/17/bin/pg_dump
                """
                    .formatted(secret));
    ControlPlaneDumpSection dump = config.controlPlaneDump().orElseThrow();
    assertThat(config.policy().dumpsControlPlane()).isTrue();
    assertThat(dump.pgDump()).contains(Path.of("/usr/lib/postgresql/17/bin/pg_dump"));
    assertThat(dump.recipients()).isEmpty();
    assertThat(LibpqEnvironment.of(dump.database()))
        .containsEntry("PGHOST", "db.example")
        .containsEntry("PGPORT", "6432")
        .containsEntry("PGDATABASE", "holdfast")
        .containsEntry("PGUSER", "dumper")
        .containsEntry("PGPASSWORD", "hunter22")
        .containsEntry("PGSSLMODE", "verify-full");
    assertThat(findings(GOOD + "control_plane_dump:\n  urll: x\n").getFirst())
        .contains("the key control_plane_dump.urll is unknown. Did you mean url?");
    assertThat(findings(GOOD + "control_plane_dump:\n  user: x\n").getFirst())
        .contains("control_plane_dump.url is missing");
  }

  private static final String DUMP =
      GOOD
          + """
          control_plane_dump:
            url: postgresql://dumper@localhost/holdfast
            password_file: /dev/null
            recipients:
          """
              .stripTrailing();

  @Test
  void a_dump_is_for_those_whose_public_keys_are_there_as_a_list_or_with_commas() throws Exception {
    Recipient one = RecoveryKey.make(Instant.EPOCH).recipient();
    Recipient other = RecoveryKey.make(Instant.EPOCH).recipient();
    for (String written :
        List.of(
            "\n    - " + one + "\n    - " + other + "\n",
            " [" + one + ", " + other + "]\n",
            " " + one + ", " + other + "," + one + "\n")) {
      assertThat(load(DUMP + written).controlPlaneDump().orElseThrow().recipients())
          .containsExactly(one, other);
    }
    assertThat(load(DUMP + "\n").controlPlaneDump().orElseThrow().recipients()).isEmpty();
  }

  @Test
  void what_is_no_public_key_is_told_and_a_private_half_or_another_secret_is_not_repeated()
      throws Exception {
    RecoveryKey.Pair pair = RecoveryKey.make(Instant.EPOCH);
    String secret = pair.file().value().lines().skip(2).findFirst().orElseThrow();
    String slip = pair.recipient().toString().replaceFirst(".$", "!");
    int line = (int) DUMP.lines().count();
    List<String> findings =
        findings(
            DUMP
                + "\n    - "
                + secret
                + "\n    - "
                + secret.toLowerCase(Locale.ROOT)
                + "\n    - "
                + slip
                + "\n    - hunter22\n");
    String at = directory.resolve("holdfast.yaml") + ":";
    assertThat(findings).hasSize(4);
    assertThat(findings.getFirst())
        .startsWith(
            at + (line + 1) + ": control_plane_dump.recipients holds the private half of a key");
    assertThat(findings.get(1))
        .startsWith(
            at + (line + 2) + ": control_plane_dump.recipients holds the private half of a key");
    assertThat(findings.get(2))
        .startsWith(at + (line + 3) + ": control_plane_dump.recipients holds \"" + slip + "\"");
    assertThat(findings.get(3))
        .isEqualTo(
            at
                + (line + 4)
                + ": control_plane_dump.recipients holds something that is no public key."
                + " 'holdfast recovery-key' makes a pair and prints its public half, which begins with age1.");
    assertThat(findings(DUMP + "\n    - {a: b}\n").getFirst())
        .contains(
            "control_plane_dump.recipients must be a list of texts and holds a group of keys");
    assertThat(String.join("\n", findings).toUpperCase(Locale.ROOT))
        .doesNotContain(secret, "HUNTER22");
  }

  @Test
  void the_programs_of_postgresql_are_told_the_same_servers() throws Exception {
    assertThat(
            LibpqEnvironment.of(
                DatabaseUrl.parse(
                    "postgresql://a@db1,[::1]:5433/h%20x?target_session_attrs=read-write&connect_timeout=3")))
        .containsEntry("PGHOST", "db1,::1")
        .containsEntry("PGPORT", "5432,5433")
        .containsEntry("PGTARGETSESSIONATTRS", "read-write")
        .containsEntry("PGCONNECT_TIMEOUT", "3")
        .doesNotContainKey("PGPASSWORD");
  }

  @Test
  void a_file_that_is_not_there_says_how_to_get_one() {
    assertThatThrownBy(
            () -> LocalConfigFile.load(directory.resolve("none.yaml"), environment(Map.of())))
        .isInstanceOf(InvalidConfig.class)
        .hasMessageContaining(
            "none.yaml: there is no such configuration file. Run 'holdfast register'");
  }

  @Test
  void a_bad_url_is_told_without_its_password() throws IOException {
    assertThat(
            findings(
                GOOD.replace("postgresql://agent@localhost/holdfast", "mysql://u:hunter22@h/d")))
        .singleElement()
        .asString()
        .contains(":5: database.url cannot be used")
        .doesNotContain("hunter22");
  }

  @Test
  void the_password_comes_from_the_file_then_the_url_then_pgpassword_then_pgpass()
      throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "from-file\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path pgpass =
        Files.writeString(
            directory.resolve(".pgpass"), "localhost:5432:holdfast:agent:from-pgpass\n");
    Files.setPosixFilePermissions(pgpass, PosixFilePermissions.fromString("rw-------"));
    Map<String, String> variables = Map.of("PGPASSWORD", "from-variable");

    assertThat(password(GOOD + "  password_file: " + secret + "\n", variables))
        .contains("from-file");
    assertThat(password(GOOD + "  password: inline\n", variables)).contains("inline");
    assertThat(password(GOOD.replace("agent@", "agent:p%40ss+word@"), variables))
        .contains("p@ss+word");
    assertThat(password(GOOD, variables)).contains("from-variable");
    assertThat(password(GOOD, Map.of())).contains("from-pgpass");
    assertThat(password(GOOD.replace("agent@", "other@"), Map.of())).isEmpty();
    assertThat(findings(GOOD + "  password: a\n  password_file: " + secret + "\n"))
        .singleElement()
        .asString()
        .contains(":7: database.password and database.password_file are both there");
    assertThat(findings(GOOD + "  password_file: /not/there\n"))
        .singleElement()
        .asString()
        .contains(":6: database.password_file /not/there cannot be read");
  }

  private Optional<String> password(String content, Map<String, String> variables)
      throws Exception {
    return LocalConfigFile.load(file(content), environment(variables))
        .database()
        .password()
        .map(Secret::value);
  }

  @Test
  void a_password_that_others_can_read_is_warned_about() throws Exception {
    LocalConfig open =
        LocalConfigFile.load(
            file(GOOD + "  password: hunter22\n", "rw-r--r--"), environment(Map.of()));
    assertThat(open.warnings())
        .singleElement()
        .asString()
        .contains("others can read this file, and it holds a password")
        .doesNotContain("hunter22");
    assertThat(LocalConfigFile.load(file(GOOD, "rw-r--r--"), environment(Map.of())).warnings())
        .isEmpty();
    Path pgpass = Files.writeString(directory.resolve(".pgpass"), "*:*:*:*:hunter22\n");
    Files.setPosixFilePermissions(pgpass, PosixFilePermissions.fromString("rw-r--r--"));
    LocalConfig ignored = load(GOOD);
    assertThat(ignored.database().password()).isEmpty();
    assertThat(ignored.warnings()).singleElement().asString().contains("so it is not used");
  }

  @Test
  void a_server_that_need_not_prove_itself_is_warned_about_and_a_problem() throws Exception {
    LocalConfig weak =
        load(GOOD.replace("localhost/holdfast", "db.example/holdfast?sslmode=require"));
    assertThat(weak.warnings())
        .singleElement()
        .asString()
        .contains(":5: the connection to db.example is not safe: with sslmode=require")
        .contains("take what weakens the check out of database.url");
    assertThat(weak.unprovedServers())
        .singleElement()
        .satisfies(problem -> assertThat(problem.code()).isEqualTo("database-unproved"))
        .satisfies(problem -> assertThat(problem.severity()).isEqualTo(Problem.Severity.WARNING));
    LocalConfig dump =
        load(
            GOOD
                + "control_plane_dump:\n  url: postgresql://db.example/holdfast?sslmode=disable\n");
    assertThat(dump.unprovedServers())
        .singleElement()
        .satisfies(problem -> assertThat(problem.code()).isEqualTo("control-plane-dump-unproved"));
    for (String hosts : List.of("db.example", "127.0.0.1:5433,[::1]")) {
      LocalConfig proved = load(GOOD.replace("localhost", hosts));
      assertThat(proved.warnings()).isEmpty();
      assertThat(proved.unprovedServers()).isEmpty();
    }
  }

  @Test
  void the_usual_places_are_those_of_the_platform() {
    assertThat(LocalConfigFile.usualPlace(environment(Map.of())))
        .isEqualTo(directory.resolve(".config/holdfast/holdfast.yaml"));
    assertThat(LocalConfigFile.usualPlace(environment(Map.of("XDG_CONFIG_HOME", "/xdg"))))
        .isEqualTo(Path.of("/xdg/holdfast/holdfast.yaml"));
    assertThat(LocalConfigFile.usualPlace(environment(Map.of("HOLDFAST_CONFIG", "/mine.yaml"))))
        .isEqualTo(Path.of("/mine.yaml"));
    assertThat(
            LocalConfigFile.usualPlace(new Environment(Map.of(), directory, "root", false, true)))
        .isEqualTo(Path.of("/etc/holdfast/holdfast.yaml"));
  }

  @Test
  void an_entry_that_permits_no_repository_is_warned_about_and_not_shown() throws Exception {
    assertThat(load(GOOD + "policy:\n  repositories: /srv/restic, nas:/plugh\n").warnings())
        .singleElement()
        .asString()
        .contains("entry 2 of policy.repositories permits nothing, since it begins with a kind of")
        .doesNotContain("plugh");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "\"rest:https://user:plugh@nas/it's/x\", \"rest:https://nas/it's/x\"",
        "/srv/restic, /srv/restic"
      })
  void a_new_file_binds_the_machine_to_the_repository_that_it_has_seen(String seen, String rule)
      throws Exception {
    Path file = file(GOOD);
    NewConfigFile.bind(file, RepositoryUrl.of(seen));
    LocalConfig config = LocalConfigFile.load(file, environment(Map.of()));
    assertThat(config.policy().repositories())
        .get()
        .extracting(Policy.Rule::allowed)
        .isEqualTo(List.of(rule));
    assertThat(config.policy().allowsRepository(RepositoryUrl.of(seen).orElseThrow())).isTrue();
    assertThat(Files.readString(file)).doesNotContain("plugh");
    assertThat(config.warnings()).isEmpty();
  }

  /** A URL with a comma would read as two, and azure: leads wherever variables say. */
  @ParameterizedTest
  @ValueSource(strings = {"", "/srv/a,b", "azure:container:/x"})
  void a_new_file_shows_how_to_bind_it_where_no_rule_can_be_written(String seen) throws Exception {
    Path file = file(GOOD);
    NewConfigFile.bind(file, seen.isEmpty() ? Optional.empty() : RepositoryUrl.of(seen));
    assertThat(LocalConfigFile.load(file, environment(Map.of())).policy()).isEqualTo(Policy.NONE);
    assertThat(Files.readString(file)).contains("#   repositories: sftp:backup@nas:/srv/restic");
  }

  @Test
  void a_new_file_can_be_read_back_belongs_to_its_owner_and_is_never_overwritten()
      throws Exception {
    Path file = directory.resolve("etc/new.yaml");
    NewConfigFile content =
        new NewConfigFile(
            "web-01",
            "It's \"web\": #1",
            "postgresql://h/db",
            Optional.of("u"),
            Optional.empty(),
            Optional.of(Path.of("/opt/restic")),
            Optional.of(Path.of("/state")));
    content.write(file);
    LocalConfig config = LocalConfigFile.load(file, environment(Map.of()));
    assertThat(config.deviceName()).isEqualTo("It's \"web\": #1");
    assertThat(config.database().user()).contains("u");
    assertThat(config.resticPath()).contains(Path.of("/opt/restic"));
    assertThat(config.stateDirectory()).isEqualTo(Path.of("/state"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> content.write(file)).isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void values_that_are_nested_too_deeply_are_a_sentence_and_overflow_nothing() throws IOException {
    String file = directory.resolve("holdfast.yaml").toString();
    assertThat(findings("device:\n  id: " + "[".repeat(100_000)))
        .singleElement()
        .asString()
        .startsWith(file + ":2: values are nested more than 20 levels deep here");
    assertThat(findings("device:\n  id: " + "{a: ".repeat(100_000)))
        .singleElement()
        .asString()
        .startsWith(file + ":2: values are nested more than 20 levels deep here");
    assertThat(findings("- ".repeat(100_000) + "a"))
        .singleElement()
        .asString()
        .contains("nested more than 20 levels deep");
  }

  private Path secret(String name, String permissions) throws IOException {
    Path secrets = Files.createDirectories(directory.resolve("secrets"));
    Path secret = Files.writeString(secrets.resolve(name), "hunter2");
    return Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void secrets_that_others_can_read_are_warned_about_each_by_its_name() throws Exception {
    Path key = secret("fleet.key", "rw-r--r--");
    Path password = secret("offsite", "rw-r-----");
    secret("closed", "rw-------");
    Path secrets = directory.resolve("secrets");
    Files.setPosixFilePermissions(secrets, PosixFilePermissions.fromString("rwxr-xr-x"));
    String remedy = "Run 'chmod 700 " + secrets + "' and 'chmod 600 ";
    assertThat(load(GOOD).warnings())
        .containsExactly(
            key + ": others can read this file, and it holds a secret. " + remedy + key + "'.",
            password
                + ": others can read this file, and it holds a secret. "
                + remedy
                + password
                + "'.");
    Files.setPosixFilePermissions(secrets, PosixFilePermissions.fromString("rwx------"));
    assertThat(load(GOOD).warnings()).isEmpty();
  }
}
