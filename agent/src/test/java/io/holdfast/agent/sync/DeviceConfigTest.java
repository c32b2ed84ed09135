package io.holdfast.agent.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.schedule.Timing;
import io.holdfast.agent.secret.Secret;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.LimitColumns;
import io.holdfast.agent.sync.ConfigRows.ScheduleRow;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import io.holdfast.agent.sync.ConfigRows.VerifyColumns;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceConfigTest {

  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final UUID JOB = UUID.fromString("11111111-2222-3333-4444-555555555555");

  private static JobRow job(List<String> paths, List<String> tags, @Nullable String resticArgs) {
    return new JobRow(
        JOB,
        "home",
        paths,
        List.of(),
        tags,
        Optional.ofNullable(resticArgs),
        true,
        Optional.empty(),
        Optional.empty(),
        new LimitColumns(2, 60, Optional.of(3600), 300));
  }

  private static final JobRow GOOD = job(List.of("/srv"), List.of(), "[]");

  private static ScheduleRow cron(
      int id, String expression, @Nullable String zone, boolean enabled) {
    return new ScheduleRow(
        id,
        JOB,
        "cron",
        Optional.of(expression),
        Optional.empty(),
        Optional.ofNullable(zone),
        enabled,
        Optional.empty(),
        true);
  }

  private static DeviceConfig config(
      List<JobRow> jobs, List<ScheduleRow> schedules, List<SettingRow> settings) {
    return config(Policy.NONE, jobs, schedules, settings);
  }

  private static DeviceConfig config(
      Policy policy, List<JobRow> jobs, List<ScheduleRow> schedules, List<SettingRow> settings) {
    return config(false, policy, jobs, schedules, settings);
  }

  private static DeviceConfig config(
      boolean windows,
      Policy policy,
      List<JobRow> jobs,
      List<ScheduleRow> schedules,
      List<SettingRow> settings) {
    return config(windows, policy, jobs, schedules, settings, SecretSource.plain());
  }

  private static DeviceConfig config(
      boolean windows,
      Policy policy,
      List<JobRow> jobs,
      List<ScheduleRow> schedules,
      List<SettingRow> settings,
      SecretSource secrets) {
    return DeviceConfig.from(
        new ConfigRows(
            new DeviceRow("d", "D", true, false),
            jobs,
            schedules,
            settings,
            new Server(Instant.EPOCH, "", false)),
        BERLIN,
        secrets,
        policy,
        windows);
  }

  private static List<String> problems(DeviceConfig config) {
    return config.problems().stream().map(Problem::message).toList();
  }

  @Test
  void a_schedule_goes_by_its_own_zone_else_by_the_devices() {
    DeviceConfig config =
        config(
            List.of(GOOD),
            List.of(
                cron(1, "0 2 * * *", null, true),
                cron(2, "0 2 * * *", "Asia/Tokyo", true),
                cron(3, "0 3 * * *", null, false)),
            List.of());
    assertThat(config.plans().getFirst().schedules())
        .extracting(Schedule::timing)
        .extracting(timing -> ((Timing.Cron) timing).zone())
        .containsExactly(BERLIN, ZoneId.of("Asia/Tokyo"));
  }

  @Test
  void a_schedule_that_cannot_be_used_leaves_the_job_its_others() {
    DeviceConfig config =
        config(
            List.of(GOOD),
            List.of(
                cron(1, "61 * * * *", null, true),
                cron(2, "0 2 * * *", "Mars/Olympus", true),
                cron(3, "0 2 * * *", null, true)),
            List.of());
    assertThat(config.plans().getFirst().schedules()).extracting(Schedule::id).containsExactly(3);
    assertThat(problems(config))
        .satisfiesExactly(
            p ->
                assertThat(p)
                    .startsWith(
                        "schedule 1 of job \"home\" is not used: cron_expression \"61 * * * *\""),
            p ->
                assertThat(p)
                    .isEqualTo(
                        "schedule 2 of job \"home\" is not used: timezone \"Mars/Olympus\" is unknown"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "srv/data | has the source path \"srv/data\", which is not absolute",
        "C:Usersme | has the source path \"C:Usersme\": its backslashes were lost",
        "'' | has an empty or NULL element in source_paths"
      })
  void a_path_that_cannot_be_meant_is_told(String path, String sentence) {
    DeviceConfig config =
        config(List.of(job(List.of("/srv", path), List.of(), null)), List.of(), List.of());
    assertThat(config.plans()).isEmpty();
    assertThat(problems(config)).singleElement().asString().contains("job \"home\" " + sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1} | restic_args that is an object instead of an array",
        "\"--force\" | restic_args that is a string instead of an array",
        "[\"--limit-upload\", 5] | restic_args with a number among its elements",
        "[[\"--force\"]] | restic_args with an array among its elements"
      })
  void restic_args_of_another_shape_are_told(String json, String sentence) {
    DeviceConfig config =
        config(List.of(job(List.of("/srv"), List.of(), json)), List.of(), List.of());
    assertThat(config.plans()).isEmpty();
    assertThat(problems(config)).singleElement().asString().contains(sentence);
  }

  @Test
  void windows_has_paths_of_its_own_and_null_arguments_are_none() {
    DeviceConfig config =
        config(
            true,
            Policy.NONE,
            List.of(job(List.of("C:\\Users", "D:/x", "\\\\server\\share"), List.of("a"), "null")),
            List.of(),
            List.of());
    assertThat(config.problems()).isEmpty();
    assertThat(config.plans().getFirst().job().resticArgs()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true | /srv | which names no drive, and this machine runs Windows",
        "false | C:\\Users | which is a path of Windows, and this machine does not run it",
        "false | \\\\nas\\share | which is a path of Windows"
      })
  void a_path_of_the_other_platform_is_told(boolean windows, String path, String sentence) {
    DeviceConfig config =
        config(
            windows,
            Policy.NONE,
            List.of(job(List.of(path), List.of(), null)),
            List.of(),
            List.of());
    assertThat(config.plans()).isEmpty();
    assertThat(problems(config)).singleElement().asString().contains(path + "\", " + sentence);
  }

  @Test
  void a_tag_with_a_comma_is_told() {
    assertThat(
            problems(
                config(List.of(job(List.of("/srv"), List.of("a,b"), null)), List.of(), List.of())))
        .singleElement()
        .asString()
        .contains("has the tag \"a,b\"");
  }

  @Test
  void the_devices_own_setting_wins_and_an_empty_one_is_none() {
    DeviceConfig config =
        config(
            List.of(),
            List.of(),
            List.of(
                new SettingRow(true, "sync_interval_seconds", "60"),
                new SettingRow(false, "sync_interval_seconds", "300"),
                new SettingRow(false, "repository_password", "hunter22"),
                new SettingRow(false, "repository_url", ""),
                new SettingRow(
                    false, "repository_auto_init", "TRUE".toLowerCase(java.util.Locale.ROOT)),
                new SettingRow(false, "repository_environment", "{\"B2_ACCOUNT_ID\": \"x\"}")));
    assertThat(config.problems()).isEmpty();
    assertThat(config.settings().syncInterval()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.settings().maxConcurrentBackups()).isEqualTo(1);
    assertThat(config.settings().repositoryUrl()).isEmpty();
    assertThat(config.settings().repositoryPassword()).contains(new Secret("hunter22"));
    assertThat(config.settings().repositoryAutoInit()).isTrue();
    assertThat(config.settings().repositoryEnvironment())
        .containsEntry("B2_ACCOUNT_ID", new Secret("x"));
    assertThat(config.toString()).doesNotContain("hunter22");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sync_interval_seconds | abc | must be a whole number from 5 to 86400, and is \"abc\"; 300 is used",
        "sync_interval_seconds | 0 | must be a whole number from 5 to 86400",
        "max_concurrent_backups | 65 | must be a whole number from 1 to 64",
        "log_level | verbose | must be one of error, warn, info, debug; info is used",
        "repository_auto_init | maybe | must be true or false; false is used",
        "repository_environment | hunter22 | is no JSON object of strings",
        "repository_environment | {\"A\": 1} | is no JSON object of strings"
      })
  void a_setting_that_cannot_be_used_is_told_and_its_default_holds(
      String key, String value, String sentence) {
    DeviceConfig config = config(List.of(), List.of(), List.of(new SettingRow(false, key, value)));
    assertThat(problems(config))
        .singleElement()
        .asString()
        .contains("setting \"" + key + "\" " + sentence)
        .doesNotContain("hunter22");
    assertThat(config.settings().syncInterval()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.settings().maxConcurrentBackups()).isEqualTo(1);
  }

  private static Optional<Policy.Rule> rule(String... allowed) {
    return Optional.of(new Policy.Rule(List.of(allowed), "/etc/holdfast/holdfast.yaml:12"));
  }

  private static JobRow reading(String path) {
    return new JobRow(
        GOOD.id(),
        GOOD.name(),
        List.of(path),
        List.of(),
        List.of(),
        Optional.of("[\"--limit-upload\", \"5\", \"--compression=max\"]"),
        true,
        Optional.empty(),
        Optional.empty(),
        GOOD.limits());
  }

  @Test
  void the_machine_decides_what_may_be_read() {
    Policy policy =
        new Policy(
            rule("/srv", "/home/jane"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false);
    for (String allowed : List.of("/srv", "/srv/www", "/home/jane/x", "/srv/../srv/www")) {
      DeviceConfig config = config(policy, List.of(reading(allowed)), List.of(), List.of());
      assertThat(config.plans()).as(allowed).hasSize(1);
      assertThat(problems(config)).isEmpty();
    }
    for (String forbidden : List.of("/", "/etc", "/srvx", "/srv/../etc", "/home/janet")) {
      DeviceConfig config = config(policy, List.of(reading(forbidden)), List.of(), List.of());
      assertThat(config.plans()).as(forbidden).isEmpty();
      assertThat(problems(config))
          .containsExactly(
              "job \""
                  + GOOD.name()
                  + "\" has the source path \""
                  + forbidden
                  + "\", which policy.source_roots does not allow (/etc/holdfast/holdfast.yaml:12)");
    }
  }

  @Test
  void the_machine_decides_which_arguments_rows_may_add() {
    List<JobRow> jobs = List.of(reading("/srv"));
    Policy some =
        new Policy(
            Optional.empty(),
            rule("--limit-upload", "--compression"),
            Optional.empty(),
            Optional.empty(),
            false);
    assertThat(config(some, jobs, List.of(), List.of()).plans()).hasSize(1);
    Policy none = new Policy(Optional.empty(), rule(), Optional.empty(), Optional.empty(), false);
    DeviceConfig refused = config(none, jobs, List.of(), List.of());
    assertThat(refused.plans()).isEmpty();
    assertThat(problems(refused).getFirst())
        .contains("has \"--limit-upload\" in restic_args, which policy.restic_args does not allow");
  }

  @Test
  void the_machine_decides_where_its_data_may_go() {
    Policy policy =
        new Policy(Optional.empty(), Optional.empty(), rule("/mnt/repo"), Optional.empty(), false);
    List<SettingRow> elsewhere =
        List.of(new SettingRow(false, "repository_url", "rest:https://evil.example/"));
    DeviceConfig refused = config(policy, List.of(reading("/srv")), List.of(), elsewhere);
    assertThat(refused.settings().repositoryUrl()).isEmpty();
    assertThat(problems(refused).getFirst())
        .contains("policy.repositories does not allow (/etc/holdfast/holdfast.yaml:12)")
        .doesNotContain("evil.example");
    List<SettingRow> allowed = List.of(new SettingRow(false, "repository_url", "/mnt/repo"));
    assertThat(
            config(policy, List.of(reading("/srv")), List.of(), allowed).settings().repositoryUrl())
        .isPresent();
  }

  private static Policy repositories(String... allowed) {
    return new Policy(Optional.empty(), Optional.empty(), rule(allowed));
  }

  private static DeviceConfig place(Policy policy, String... keysAndValues) {
    List<SettingRow> rows = new ArrayList<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      rows.add(new SettingRow(false, keysAndValues[i], keysAndValues[i + 1]));
    }
    // A reference "file:x" stands for "x of KEY", but a URL for itself.
    SecretSource secrets =
        (key, value) ->
            value.equals("file:missing")
                ? new SecretSource.Found.Missing("is not there", "Put it there.")
                : new SecretSource.Found.Plain(new Secret(value.replaceFirst("^file:", "")));
    return config(false, policy, List.of(), List.of(), rows, secrets);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "srv/restic | is a path that does not begin at the root of this machine",
        "C:\\restic | is a path that does not begin at the root of this machine",
        "sftp:-oProxyCommand=hunter22:/x | has a user or a host that begins with \"-\"",
        "rclone::webdav,url=hunter22:x | names no configured remote",
        "file:hunter22 | refers to what is no repository's URL: that is a path that does not begin"
      })
  void a_url_that_is_not_to_be_used_is_told_and_there_is_no_repository(String url, String why) {
    DeviceConfig config = place(Policy.NONE, "repository_url", url, "repository_password", "x");
    assertThat(config.settings().repositoryUrl()).isEmpty();
    assertThat(problems(config))
        .singleElement()
        .asString()
        .contains("setting \"repository_url\" ")
        .contains(why)
        .doesNotContain("hunter22");
  }

  @Test
  void rclone_needs_the_machines_own_word_for_the_remote() {
    for (Policy policy :
        List.of(Policy.NONE, repositories("rclone:nas:"), remotes(), remotes("other"))) {
      DeviceConfig config = place(policy, "repository_url", "rclone:nas:backups");
      assertThat(config.settings().repositoryUrl()).isEmpty();
      assertThat(problems(config))
          .singleElement()
          .asString()
          .contains("by a remote that policy.rclone_remotes does not name");
    }
    DeviceConfig config = place(remotes("nas"), "repository_url", "rclone:nas:backups");
    assertThat(config.settings().repositoryUrl()).isPresent();
    assertThat(config.problems()).isEmpty();
  }

  private static Policy remotes(String... names) {
    return new Policy(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        rule(names),
        rule("/var/cache", "/srv/cache"),
        Optional.empty(),
        false);
  }

  @Test
  void a_rule_for_repositories_holds_what_is_below_and_no_neighbour() {
    Policy policy = repositories("rest:https://nas/a", "/srv/restic");
    for (String allowed :
        List.of("rest:https://nas/a", "rest:https://u:p@nas/a/web", "/srv/restic/web")) {
      assertThat(place(policy, "repository_url", allowed).settings().repositoryUrl())
          .as(allowed)
          .isPresent();
    }
    for (String refused :
        List.of("rest:https://nas/ab", "rest:https://nas@evil/a", "/srv/restic2", "/srv")) {
      DeviceConfig config = place(policy, "repository_url", refused);
      assertThat(config.settings().repositoryUrl()).as(refused).isEmpty();
      assertThat(problems(config).getFirst()).contains("policy.repositories does not allow");
    }
    assertThat(place(repositories(), "repository_url", "/srv").settings().repositoryUrl())
        .as("none")
        .isEmpty();
  }

  @Test
  void credentials_that_the_machine_keeps_go_only_where_the_machine_says() {
    String[] rows = {
      "repository_url", "rest:https://nas/a", "repository_environment", "file:{\"ST_KEY\": \"x\"}"
    };
    DeviceConfig refused = place(Policy.NONE, rows);
    assertThat(refused.settings().repositoryUrl()).isEmpty();
    assertThat(refused.settings().repositoryEnvironment()).isEmpty();
    assertThat(problems(refused))
        .singleElement()
        .asString()
        .contains("nothing on this machine says that they are for that repository_url");

    assertThat(place(repositories("rest:https://nas/"), rows).settings().repositoryEnvironment())
        .containsEntry("ST_KEY", new Secret("x"));
    DeviceConfig foreign = place(repositories("rest:https://other/"), rows);
    assertThat(foreign.settings().repositoryEnvironment()).isEmpty();
    assertThat(problems(foreign))
        .singleElement()
        .asString()
        .contains("policy.repositories does not allow");

    rows[1] = "file:rest:https://nas/a";
    DeviceConfig ofTheMachine = place(Policy.NONE, rows);
    assertThat(ofTheMachine.settings().repositoryEnvironment()).isNotEmpty();
    assertThat(ofTheMachine.settings().repositoryUrl()).get().matches(RepositoryUrl::hidden);
    assertThat(ofTheMachine.toString()).doesNotContain("nas");
  }

  @Test
  void no_secret_is_looked_up_for_a_place_that_is_refused() {
    DeviceConfig config =
        place(
            repositories("/srv"),
            "repository_url",
            "/elsewhere",
            "repository_password",
            "file:missing",
            "repository_environment",
            "file:missing");
    assertThat(problems(config))
        .singleElement()
        .asString()
        .contains("policy.repositories does not allow");
    assertThat(config.settings().repositoryPassword()).isEmpty();
  }

  @Test
  void what_names_a_file_of_the_machine_only_the_machine_says() {
    String variable = "{\"GOOGLE_APPLICATION_CREDENTIALS\": \"/etc/gcs.json\"}";
    DeviceConfig refused =
        place(Policy.NONE, "repository_url", "gs:bucket:/a", "repository_environment", variable);
    assertThat(refused.settings().repositoryUrl()).isEmpty();
    assertThat(refused.settings().repositoryEnvironment()).isEmpty();
    assertThat(problems(refused))
        .singleElement()
        .asString()
        .contains("only the machine may say it");
    assertThat(
            place(
                    repositories("gs:bucket"),
                    "repository_url",
                    "gs:bucket:/a",
                    "repository_environment",
                    "file:" + variable)
                .settings()
                .repositoryEnvironment())
        .containsOnlyKeys("GOOGLE_APPLICATION_CREDENTIALS");
  }

  @Test
  void a_proxy_may_be_named_unless_it_could_keep_what_is_meant_for_a_place_that_a_rule_names() {
    String variable = "{\"HTTP_PROXY\": \"http://proxy:3128\"}";
    String[] encrypted = {
      "repository_url", "rest:https://nas/a", "repository_environment", variable
    };
    String[] plain = {"repository_url", "rest:http://nas/a", "repository_environment", variable};
    assertThat(place(repositories("rest:https://nas"), encrypted).settings().repositoryUrl())
        .isPresent();
    assertThat(place(Policy.NONE, plain).settings().repositoryUrl()).isPresent();
    DeviceConfig refused = place(repositories("rest:http://nas"), plain);
    assertThat(refused.settings().repositoryUrl()).isEmpty();
    assertThat(problems(refused)).singleElement().asString().contains("says by HTTP_PROXY where");
  }

  private static JobRow withPatterns(List<String> patterns, String resticArgs) {
    return new JobRow(
        JOB,
        "home",
        List.of("/srv"),
        patterns,
        List.of(),
        Optional.of(resticArgs),
        true,
        Optional.empty(),
        Optional.empty(),
        new LimitColumns(2, 60, Optional.of(3600), 300));
  }

  @Test
  void a_pattern_that_restic_refuses_is_told_and_its_job_is_not_run() {
    for (JobRow row :
        List.of(
            withPatterns(List.of("*.tmp", "[a-"), "[]"),
            withPatterns(List.of(), "[\"--iexclude\", \"[a-\"]"),
            withPatterns(List.of(), "[\"-x\", \"--iexclude=[a-\"]"))) {
      DeviceConfig config = config(List.of(row), List.of(), List.of());
      assertThat(config.plans()).isEmpty();
      assertThat(config.problems())
          .singleElement()
          .satisfies(problem -> {
            assertThat(problem.code()).isEqualTo("exclude-pattern-invalid");
            assertThat(problem.message()).contains("\"[a-\"");
          });
    }
  }

  @Test
  void a_pattern_without_effect_and_a_reserved_tag_are_told_and_the_job_runs() {
    DeviceConfig idle =
        config(List.of(withPatterns(List.of("", "~/.cache"), "[]")), List.of(), List.of());
    assertThat(idle.plans()).hasSize(1);
    assertThat(idle.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.code()).isEqualTo("exclude-pattern-idle");
          assertThat(problem.severity()).isEqualTo(Problem.Severity.WARNING);
        });
    DeviceConfig tagged =
        config(
            List.of(job(List.of("/srv"), List.of("a'b", "backup:" + JOB, "run=x"), "[]")),
            List.of(),
            List.of());
    assertThat(tagged.plans().getFirst().job().userTags()).containsExactly("a'b");
    assertThat(tagged.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.code()).isEqualTo("tag-reserved");
          assertThat(problem.severity()).isEqualTo(Problem.Severity.WARNING);
          assertThat(problem.message()).contains("\"backup:" + JOB + "\", \"run=x\"");
          assertThat(problem.remedy()).contains("SET tags = '{\"a''b\"}' WHERE id = '" + JOB + "'");
        });
  }

  @Test
  void a_variable_in_a_row_does_not_lead_around_a_rule() {
    String[] rows = {
      "repository_url",
      "azure:container:/a",
      "repository_environment",
      "{\"AZURE_ACCOUNT_NAME\": \"evil\"}"
    };
    assertThat(place(Policy.NONE, rows).settings().repositoryUrl()).isPresent();
    DeviceConfig refused = place(repositories("azure:container"), rows);
    assertThat(refused.settings().repositoryUrl()).isEmpty();
    assertThat(problems(refused))
        .singleElement()
        .asString()
        .contains("says by AZURE_ACCOUNT_NAME where the repository is")
        .doesNotContain("evil");
    rows[3] = "file:" + rows[3];
    assertThat(place(repositories("azure:container"), rows).settings().repositoryUrl()).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "/var/cache/restic, true, ''",
    "/srv/cache, true, ''",
    "/srv/cache/../../etc, false, is outside of what policy.cache_roots allows",
    "/srv/cached, false, is outside of what policy.cache_roots allows",
    "cache, false, is no absolute path on this machine",
    "C:\\cache, false, is no absolute path on this machine"
  })
  void restics_cache_is_where_the_machine_lets_it_be(String written, boolean used, String why) {
    DeviceConfig config = place(remotes(), "repository_cache_dir", written);
    assertThat(config.settings().repositoryCacheDir().isPresent()).isEqualTo(used);
    assertThat(String.join("", problems(config))).contains(why);
    assertThat(config.problems()).hasSize(used ? 0 : 1);
    if (written.startsWith("/")) {
      assertThat(
              place(Policy.NONE, "repository_cache_dir", written).settings().repositoryCacheDir())
          .as("without a rule")
          .contains(written);
    }
  }

  @Test
  void a_device_with_a_repository_of_its_own_has_no_use_for_the_fleets_secrets() {
    DeviceConfig config =
        config(
            List.of(),
            List.of(),
            List.of(
                new SettingRow(false, "repository_url", "/fleet"),
                new SettingRow(false, "repository_password", "hunter22"),
                new SettingRow(false, "repository_environment", "{\"ST_KEY\": \"x\"}"),
                new SettingRow(true, "repository_url", "/own")));
    assertThat(config.settings().repositoryUrl())
        .get()
        .extracting(RepositoryUrl::masked)
        .isEqualTo("/own");
    assertThat(config.settings().repositoryPassword()).isEmpty();
    assertThat(config.settings().repositoryEnvironment()).isEmpty();
  }

  private static JobRow ofKind(String kind, List<String> paths) {
    return new JobRow(
        GOOD.id(),
        "control plane",
        paths,
        List.of(),
        List.of(),
        Optional.empty(),
        true,
        Optional.empty(),
        Optional.empty(),
        GOOD.limits(),
        VerifyColumns.NONE,
        Optional.of(kind));
  }

  @Test
  void no_row_makes_a_machine_dump_the_control_plane_that_does_not_say_how() {
    List<JobRow> jobs = List.of(ofKind("control-plane", List.of()));
    DeviceConfig refused = config(Policy.NONE, jobs, List.of(), List.of());
    assertThat(refused.plans()).isEmpty();
    assertThat(refused.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.code()).isEqualTo("control-plane-dump-missing");
          assertThat(problem.message()).contains("no section control_plane_dump");
          assertThat(problem.remedy())
              .contains("'control_plane_dump:' with 'url', 'password_file' and 'recipients'");
        });
    Policy dumps =
        new Policy(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), true);
    assertThat(config(dumps, jobs, List.of(), List.of()).plans()).hasSize(1);
  }

  @Test
  void a_kind_that_cannot_be_meant_is_a_problem() {
    Policy dumps =
        new Policy(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), true);
    assertThat(
            problems(
                config(
                    dumps,
                    List.of(ofKind("control-plane", List.of("/srv"))),
                    List.of(),
                    List.of())))
        .singleElement()
        .asString()
        .contains("which backs up a dump alone");
    assertThat(
            problems(config(dumps, List.of(ofKind("mail", List.of())), List.of(), List.of()))
                .getFirst())
        .contains("is of the kind \"mail\", which this agent does not know");
  }

  @ParameterizedTest
  @CsvSource({
    "4, 300, 1",
    "5, 5, 0",
    "86400, 86400, 0",
    "86401, 300, 1",
    "' 60 ', 60, 0",
    "'', 300, 0"
  })
  void a_number_is_taken_up_to_both_of_its_bounds(String value, long seconds, int problems) {
    DeviceConfig config =
        config(
            List.of(), List.of(), List.of(new SettingRow(false, "sync_interval_seconds", value)));
    assertThat(config.settings().syncInterval()).isEqualTo(Duration.ofSeconds(seconds));
    assertThat(config.problems()).hasSize(problems);
  }

  @ParameterizedTest
  @CsvSource({
    "true, true", "on, true", "yes, true", "1, true",
    "false, false", "off, false", "no, false", "0, false"
  })
  void a_switch_has_four_words_for_each_of_its_ways(String word, boolean on) {
    DeviceConfig config =
        config(List.of(), List.of(), List.of(new SettingRow(false, "push", word)));
    assertThat(config.settings().push()).isEqualTo(on);
    assertThat(config.problems()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"A\": 1}", "[\"A\"]", "{\"A\": \"x\", \"B\": null}", "{"})
  void an_environment_that_is_no_object_of_strings_is_not_used(String value) {
    DeviceConfig config =
        config(
            List.of(), List.of(), List.of(new SettingRow(false, "repository_environment", value)));
    assertThat(config.settings().repositoryEnvironment()).isEmpty();
    assertThat(problems(config))
        .singleElement()
        .asString()
        .contains("is no JSON object of strings");
  }
}
