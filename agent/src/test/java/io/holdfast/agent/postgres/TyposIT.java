package io.holdfast.agent.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.schedule.CronExpression;
import io.holdfast.agent.schedule.InvalidSchedule;
import io.holdfast.agent.testing.ControlPlane;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What an admin mistypes is refused by the database, in a sentence and with a hint. */
class TyposIT {

  private static final String SECRET = "hunter2-s3cr3t";
  private static final UUID JOB = new UUID(1, 1);

  private final ControlPlane psql = ControlPlane.fresh();
  private final Connection admin = connected();

  private Connection connected() {
    try {
      var address = psql.member("backup_admin", "admin-password");
      return DriverManager.getConnection(address.jdbcUrl(), Database.credentials(address));
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void aDeviceWithAJob() {
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web 1', 'linux')");
    psql.execute(
        "INSERT INTO backup_jobs (id, device_id, name, source_paths) VALUES (?, 'web-01', 'www', '{/srv}')",
        JOB);
    psql.execute(
        "INSERT INTO schedules (id, job_id, schedule_type, interval_seconds) VALUES (1001, ?, 'interval', 60)",
        JOB);
    psql.setting("repository_url", "/main");
    psql.execute(
        "INSERT INTO copy_targets (name, repository_url, repository_password) VALUES ('offsite', '/second', 'p')");
  }

  @AfterEach
  void close() throws SQLException {
    admin.close();
  }

  /** Each with words of the sentence that answers it. */
  private static List<String[]> wrongRows() {
    return Stream.of(
            schedule("'cron', 'every night', NULL", "has 2 fields instead of five"),
            schedule("'cron', '61 2 * * *', NULL", "the field minute is \"61\""),
            schedule("'cron', '0 25 * * *', NULL", "the field hour is \"25\""),
            schedule("'cron', '0 2 32 * *', NULL", "the field day of month is \"32\""),
            schedule("'cron', '0 2 * 13 *', NULL", "the field month is \"13\""),
            schedule("'cron', '0 2 * * mon-fre', NULL", "the field day of week is \"mon-fre\""),
            schedule("'cron', '*/0 * * * *', NULL", "the field minute is \"*/0\""),
            schedule("'cron', '5-1 * * * *', NULL", "the field minute is \"5-1\""),
            schedule("'cron', '@dayly', NULL", "\"@dayly\" is not one of the known nicknames"),
            schedule("'cron', '0 0 30 2 *', NULL", "names a day that never comes"),
            schedule("'cron', '', NULL", "has 0 fields instead of five"),
            schedule("'cron', NULL, NULL", "there is no cron_expression"),
            schedule("'cron', '0 2 * * *', 60", "it has a cron_expression and interval_seconds"),
            schedule("'interval', NULL, NULL", "interval_seconds is missing"),
            schedule("'interval', NULL, 0", "interval_seconds is 0, outside 1 to 31622400"),
            schedule("'interval', NULL, -5", "interval_seconds is -5, outside"),
            schedule("'daily', NULL, 60", "schedule_type is \"daily\""),
            new String[] {
              "UPDATE schedules SET timezone = 'Europe/Berln'",
              "there is no timezone \"Europe/Berln\""
            },
            job("'{}'", "source_paths is empty"),
            job("'{NULL}'", "an element that is empty or NULL"),
            job("'{\"\"}'", "an element that is empty or NULL"),
            job("'{srv/www}'", "the source path \"srv/www\" is not absolute"),
            job("'{C:\\Users\\me}'", "the backslashes of the source path \"C:Usersme\" were lost"),
            job("ARRAY[' /srv']", "the source path \" /srv\" is not absolute"),
            job("ARRAY['/srv ']", "has blanks around it"),
            jobWith("tags", "ARRAY['a,b']", "has a comma"),
            jobWith("exclude_patterns", "ARRAY['']", "exclude_patterns has an element"),
            jobWith("restic_args", "'{\"a\": 1}'", "restic_args is not an array"),
            jobWith("restic_args", "'\"--force\"'", "restic_args is not an array"),
            jobWith("restic_args", "'[1]'", "an element that is not a string"),
            jobWith("restic_args", "'[\"--limit-uplod=5\"]'", "\"--limit-uplod\", which is not"),
            jobWith(
                "restic_args", "'[\"--limit-upload\"]'", "\"--limit-upload\" without its value"),
            jobWith(
                "restic_args",
                "'[\"--pack-size\", \"3\"]'",
                "\"--pack-size\" with the value \"3\", which is not allowed"),
            jobWith(
                "restic_args",
                "'[\"--password-command=cat /etc/shadow\"]'",
                "\"--password-command\", which is not allowed"),
            jobWith("restic_args", "'[\"--force=yes\"]'", "a value, and it takes none"),
            jobWith("kind", "'database'", "there is no kind \"database\""),
            jobWith(
                "kind", "'control-plane'", "backs up a dump alone, and this one has source_paths"),
            new String[] {
              "INSERT INTO backup_jobs (device_id, name, kind, exclude_patterns)"
                  + " VALUES ('web-01', 'new', 'control-plane', '{*.tmp}')",
              "backs up a dump alone, and this one has exclude_patterns"
            },
            new String[] {
              "INSERT INTO backup_jobs (device_id, name, kind, restic_args)"
                  + " VALUES ('web-01', 'new', 'control-plane', '[\"--exclude-larger-than=1k\"]')",
              "could leave the dump out"
            },
            new String[] {
              "INSERT INTO backup_jobs (device_id, name) VALUES ('web-01', 'new')",
              "source_paths is empty"
            },
            jobWith("name", "'  '", "job refused: its name is \"  \""),
            setting("'sync_intervall_seconds', '60'", "\"sync_intervall_seconds\" is unknown"),
            setting("'repository_pasword', '" + SECRET + "'", "\"repository_pasword\" is unknown"),
            setting("'sync_interval_seconds', '90 days'", "and is \"90 days\""),
            setting("'sync_interval_seconds', '-5'", "and is \"-5\""),
            setting("'max_concurrent_backups', '0'", "from 1 to 64, and is \"0\""),
            setting("'log_level', 'INFO'", "\"log_level\" is \"INFO\", and may be error, warn"),
            setting("'repository_auto_init', 'maybe'", "must be true or false, and is \"maybe\""),
            setting("'run_retention_days', '30'", "is one for the whole fleet"),
            setting("'repository_password', ' " + SECRET + "'", "begins or ends with white space"),
            setting("'repository_password', U&'" + SECRET + "\\00a0'", "ends with white space"),
            setting(
                "'repository_environment', '{AWS_SECRET_ACCESS_KEY: " + SECRET + "}'",
                "is no JSON object of strings"),
            setting(
                "'repository_url', 'rclone::webdav,pass=" + SECRET + ":x'",
                "setting refused: \"repository_url\" goes through rclone, and names no"),
            setting("'repository_url', 'srv/restic'", "is a path that does not begin at the root"),
            setting("'repository_cache_dir', 'cache'", "\"repository_cache_dir\" is no absolute"),
            setting("'repository_cache_dir', E'/a\\nb'", "\"repository_cache_dir\" is no absolute"),
            setting(
                "'repository_environment', 'env:HOLDFAST_SECRET_REPOSITORY_PASSWORD'",
                "\"repository_environment\" refers to a variable by a name that is not allowed"),
            target(
                "'new', 'sftp:-o" + SECRET + ":/x', 'p', NULL",
                "copy target refused: \"repository_url\" has a user or a host that begins with"),
            target(
                "'new', '/third', 'env:HOLDFAST_SECRET_REPOSITORY_URL', NULL",
                "copy target refused: \"repository_password\" refers to a variable"),
            new String[] {
              "INSERT INTO settings (key, value) VALUES ('repository_password', '" + SECRET + "')",
              "there is one already with no device_id and the key \"repository_password\""
            },
            device("'web 02', 'Web 2', 'linux'", "the id \"web 02\" is not allowed"),
            device("'web-02', 'Web 2', 'Linux'", "the platform \"Linux\" is unknown"),
            device("'web-02', 'Web 2', 'amiga'", "the platform \"amiga\" is unknown"),
            device("'web-02', ' ', 'linux'", "its name is empty"),
            jobWith("verify_schedule", "'0 25 * * *'", "verify_schedule: cron_expression"),
            jobWith("retention_policy", "'standrd'", "there is no retention policy \"standrd\""),
            policy("keep_daily", "0", "keep_daily is 0, outside 1 to 100000"),
            policy("keep_within", "'14 days'", "keep_within is \"14 days\""),
            policy("keep_within_daily", "'0d'", "keep_within_daily is \"0d\""),
            policy("keep_tags", "'{a}'", "\"new\" would keep nothing"),
            policy("keep_tags", "'{\"a,b\"}'", "a tag that is empty or holds a comma"),
            policy("keep_last", "NULL", "\"new\" would keep nothing"),
            policy("keep_last, keep_all", "1, true", "it has keep_all and another rule"),
            housekeeping("'prun', 'interval', NULL, 60, NULL", "kind is \"prun\""),
            housekeeping("'prune', 'cron', '61 * * * *', NULL, NULL", "the field minute is \"61\""),
            housekeeping("'prune', 'interval', NULL, 60, 5", "parts is 5"),
            housekeeping("'check-data', 'interval', NULL, 60, 0", "parts is 0"),
            new String[] {
              "INSERT INTO requests (kind, device_id) VALUES ('restor', 'web-01')",
              "request refused: kind is \"restor\""
            },
            new String[] {
              "INSERT INTO requests (kind, device_id, parameters) VALUES ('sync', 'web-01', '{}')",
              "a request of kind sync takes no parameters"
            },
            restore("NULL", "the parameters of a restore are missing"),
            restore("'[]'", "the parameters of a restore are missing, or no JSON object"),
            restore("'{}'", "do not say in \"to\" where to restore to"),
            restore("'{\"to\": 5}'", "do not say in \"to\""),
            restore("'{\"target\": \"/x\"}'", "have \"target\", which is unknown"),
            restore("'{\"to\": \"srv/x\"}'", "\"to\" is \"srv/x\", which is not absolute"),
            restore("'{\"to\": \"/\"}'", "nothing is restored in place by a row"),
            restore("'{\"to\": \"/srv/../etc\"}'", "the path in \"to\" has \"..\""),
            restoreWith("\"at\": \"yesterdy\"", "\"at\" is \"yesterdy\", which is no moment"),
            restoreWith("\"at\": \"2026-02-30\"", "\"at\" is \"2026-02-30\", which is no"),
            restoreWith("\"at\": 5", "\"at\" is \"5\", which is no moment"),
            restoreWith("\"snapshot\": \"1a2b3c4d\"", "it has a job_id and a snapshot"),
            restoreWith("\"include\": \"/srv\"", "\"include\" is no array"),
            restoreWith("\"include\": []", "\"include\" is no array of 1 to 500 patterns"),
            restoreWith("\"exclude\": [\"\"]", "\"exclude\" has a pattern that is empty"),
            restoreWith(
                "\"exclude\": [\"a\"], \"include\": [\"b\"]",
                "either \"include\" or \"exclude\", not both"),
            restoreWith("\"overwrite\": \"if-change\"", "\"overwrite\" is \"if-change\""),
            restoreWith("\"overwrite\": true", "\"overwrite\" is \"true\""),
            restoreOf("NULL", "NULL", "'{\"to\": \"/x\"}'", "a restore needs a job_id or"),
            restoreOf(
                "NULL",
                "NULL",
                "'{\"to\": \"/x\", \"snapshot\": \"1a2b3c4d\"}'",
                "request refused: it names no device"),
            restoreOf(
                "'web-01'",
                "NULL",
                "'{\"to\": \"/x\", \"snapshot\": \"latest\"}'",
                "\"snapshot\" is \"latest\", which is no id"),
            restoreOf(
                "'web-01'",
                "NULL",
                "'{\"to\": \"/x\", \"snapshot\": \"1a2b3c4d\", \"at\": \"today\"}'",
                "\"at\" goes with a job_id"),
            restoreOf("'web-01'", "gen_random_uuid()", "'{\"to\": \"/x\"}'", "there is no job "),
            housekeeping(
                "'copy', 'interval', NULL, 60, NULL", "kind is copy, and there is no target"),
            new String[] {
              "INSERT INTO housekeeping (kind, target, schedule_type, interval_seconds)"
                  + " VALUES ('copy', 'ofsite', 'interval', 60)",
              "there is no copy target \"ofsite\""
            },
            jobWith("copy_to", "'{ofsite}'", "copy_to names \"ofsite\""),
            jobWith("copy_to", "'{NULL}'", "copy_to names \"NULL\""),
            target("'off site', '/r', 'p', NULL", "the name \"off site\" is not allowed"),
            target("'new', ' ', '" + SECRET + "', NULL", "repository_url is empty"),
            target("'new', 's3:x', '', NULL", "repository_password is empty"),
            target("'new', 'x', '" + SECRET + " ', NULL", "begins or ends with white space"),
            target("'new', 'x', U&'\\feff" + SECRET + "', NULL", "begins or ends with white space"),
            target("'new', 'x', 'file:../" + SECRET + "', NULL", "repository_password refers to a"),
            target(
                "'new', 'x', 'p', 'enc:v1:" + SECRET + "'", "repository_environment refers to a"),
            target("'new', 'x', 'p', '{\"A\": \"" + SECRET + "\"'", "is no JSON object of strings"),
            target("'new', '/second', 'p', NULL", "another one has the same repository_url"),
            target("'new', '/main', 'p', NULL", "is one that devices back up into"),
            job("ARRAY['/srv/www, /etc']", "\"/srv/www, /etc\" looks like several paths"),
            job("ARRAY['/srv/www,C:\\Users']", "looks like several paths in one element"),
            job("ARRAY['/home/*/docs']", "\"/home/*/docs\" is a pattern, and nobody"),
            job("ARRAY['/srv/{a,b}']", "\"/srv/{a,b}\" is a pattern, and nobody"),
            job("ARRAY['/' || repeat('x', 5000)]", "is longer than 4096 bytes"),
            job("NULL", "source_paths is empty, so there is nothing to back up"),
            job("ARRAY[ARRAY['/a'], ARRAY['/b']]", "source_paths is an array of arrays"),
            jobWith("exclude_patterns", "ARRAY['*.tmp, *.log']", "looks like several patterns"),
            jobWith("exclude_patterns", "ARRAY['[abc']", "exclude_patterns has \"[abc\", which"),
            jobWith("exclude_patterns", "ARRAY['~/.cache']", "puts a directory in the place"),
            jobWith("exclude_patterns", "ARRAY['x', NULL]", "exclude_patterns has an element"),
            jobWith("exclude_patterns", "ARRAY[repeat('x', 5000)]", "longer than 4096 bytes"),
            jobWith("restic_args", "'[\"--iexclude=[a\"]'", "restic_args has \"[a\", which"),
            jobWith("tags", "ARRAY['backup:' || id]", "tags has \"backup:" + JOB + "\", and"),
            jobWith("tags", "ARRAY['x', 'backup_name=www']", "tags has \"backup_name=www\""),
            jobWith("tags", "ARRAY['origin=x']", "tags has \"origin=x\""),
            jobWith("tags", "ARRAY['account_id=x']", "tags has \"account_id=x\""),
            jobWith("tags", "ARRAY['device=x']", "tags has \"device=x\""),
            jobWith("tags", "ARRAY[U&' \\00a0run=x']", "run=x\", and such a tag says whose"),
            jobWith("tags", "ARRAY['kind=control-plane']", "tags has \"kind=control-plane\""),
            jobWith("tags", "ARRAY[repeat('x', 5000)]", "tags has an element that is longer"),
            jobWith("max_retries", "21", "max_retries is 21, outside 0 to 20"),
            jobWith("timeout_seconds", "0", "timeout_seconds is 0, outside 1 to 2592000"),
            jobWith("verify_files", "0", "verify_files is 0, outside 1 to 1000"),
            jobWith("device_id", "'web-02'", "job refused: there is no device \"web-02\""),
            jobWith("name", "NULL", "job refused: name is missing"),
            new String[] {
              "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES ('web-01', 'www', '{/srv}')",
              "there is one already with the device_id \"web-01\" and the name \"www\""
            },
            new String[] {
              "INSERT INTO schedules (job_id, schedule_type, interval_seconds) VALUES"
                  + " (gen_random_uuid(), 'interval', 60)",
              "schedule refused: there is no job "
            },
            schedule("'cron', 'nightly', NULL", "has 1 field instead of five"),
            setting("NULL, 'x'", "setting refused: key is missing"),
            setting("'repository_password', NULL", "setting refused: value is missing"),
            setting(
                "'repository_environment', '{\"AWS_ACESS_KEY_ID\": \"" + SECRET + "\"}'",
                "\"AWS_ACESS_KEY_ID\", which is not among the variables"),
            setting(
                "'repository_environment', '{\"" + SECRET + "\": \"AWS_ACCESS_KEY_ID\"}'",
                "has a variable that may not be set for a storage"),
            setting(
                "'repository_environment', '{\"GOOGLE_APPLICATION_CREDENTIALS\": \"/etc/x\"}'",
                "so that only the machine may say it"),
            target(
                "'new', '/x', '" + SECRET + "', '{\"RCLONE_CONFIG\": \"" + SECRET + "\"}'",
                "copy target refused: \"repository_environment\" has \"RCLONE_CONFIG\""),
            new String[] {
              "INSERT INTO copy_targets (name, repository_password) VALUES ('y', '" + SECRET + "')",
              "copy target refused: repository_url is missing"
            },
            target("'offsite', '/x', '" + SECRET + "', NULL", "already with the name \"offsite\""),
            new String[] {
              "INSERT INTO devices (id, name) VALUES ('web-02', 'Web 2')",
              "device refused: the platform \"\" is unknown"
            },
            device("'web-02', NULL, 'linux'", "device refused: name is missing"),
            device("'web-02', 'Web 1', 'linux'", "its name \"Web 1\" is that of device \"web-01\""),
            device(
                "'web-01', 'Web 2', 'linux'", "device refused: there is one already with the id"),
            new String[] {
              "UPDATE devices SET id = 'web-09'", "its id \"web-01\" would become another one"
            },
            new String[] {
              "INSERT INTO retention_policies (name, keep_last) VALUES ('', 1)",
              "retention policy refused: its name is \"\""
            },
            housekeeping("NULL, 'interval', NULL, 60, NULL", "kind is \"\""),
            housekeeping("'purge', 'interval', NULL, 60, NULL", "kind is \"purge\""),
            new String[] {
              "INSERT INTO requests (kind, job_id, expires_at) VALUES ('backup', '"
                  + JOB
                  + "', now() - interval '1 hour')",
              "request refused: expires_at is over already"
            },
            new String[] {
              "INSERT INTO requests (kind, device_id) VALUES ('sync', 'web-1')",
              "request refused: there is no device \"web-1\""
            },
            new String[] {
              "INSERT INTO requests (kind, device_id, status) VALUES ('sync', 'web-01', 'cancelled')",
              "request refused: status is \"cancelled\""
            },
            restoreWith("\"include\": [\"[a\"]", "\"include\" has \"[a\", which restic refuses"),
            new String[] {
              "UPDATE copy_targets SET retention_policy = 'standrd'",
              "copy target refused: there is no retention policy \"standrd\""
            })
        .toList();
  }

  private static String[] schedule(String values, String words) {
    return new String[] {
      "INSERT INTO schedules (job_id, schedule_type, cron_expression, interval_seconds) VALUES ('"
          + JOB
          + "', "
          + values
          + ")",
      words
    };
  }

  private static String[] job(String paths, String words) {
    return new String[] {
      "INSERT INTO backup_jobs (device_id, name, source_paths) VALUES ('web-01', 'new', "
          + paths
          + ")",
      words
    };
  }

  private static String[] jobWith(String column, String value, String words) {
    return new String[] {"UPDATE backup_jobs SET " + column + " = " + value, words};
  }

  private static String[] setting(String values, String words) {
    return new String[] {
      "INSERT INTO settings (device_id, key, value) VALUES ('web-01', " + values + ")", words
    };
  }

  private static String[] device(String values, String words) {
    return new String[] {"INSERT INTO devices (id, name, platform) VALUES (" + values + ")", words};
  }

  private static String[] policy(String columns, String values, String words) {
    return new String[] {
      "INSERT INTO retention_policies (name, " + columns + ") VALUES ('new', " + values + ")", words
    };
  }

  private static String[] housekeeping(String values, String words) {
    return new String[] {
      "INSERT INTO housekeeping (kind, schedule_type, cron_expression, interval_seconds, parts) VALUES ("
          + values
          + ")",
      words
    };
  }

  private static String[] target(String values, String words) {
    return new String[] {
      "INSERT INTO copy_targets (name, repository_url, repository_password, repository_environment) VALUES ("
          + values
          + ")",
      words
    };
  }

  private static String[] restore(String parameters, String words) {
    return restoreOf("NULL", "'" + JOB + "'", parameters, words);
  }

  private static String[] restoreWith(String more, String words) {
    return restore("'{\"to\": \"/srv/restored\", " + more + "}'", words);
  }

  private static String[] restoreOf(String device, String job, String parameters, String words) {
    return new String[] {
      "INSERT INTO requests (kind, device_id, job_id, parameters) VALUES ('restore', "
          + device
          + ", "
          + job
          + ", "
          + parameters
          + ")",
      words
    };
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = admin.createStatement()) {
      statement.execute(sql);
    }
  }

  private ServerErrorMessage refusal(String sql) {
    try {
      run(sql);
    } catch (PSQLException e) {
      return Objects.requireNonNull(e.getServerErrorMessage());
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("accepted: " + sql);
  }

  @Test
  void every_wrong_row_is_refused_with_its_own_sentence_and_no_secret() {
    assertThat(wrongRows()).hasSizeGreaterThanOrEqualTo(150);
    Set<String> sentences = new HashSet<>();
    for (String[] wrong : wrongRows()) {
      ServerErrorMessage said = refusal(wrong[0]);
      assertThat(said.getMessage()).as(wrong[0]).contains(wrong[1]).hasLineCount(1);
      assertThat(said.getMessage() + said.getDetail() + said.getHint() + said.getWhere())
          .as(wrong[0])
          .doesNotContain(SECRET);
      assertThat(said.getHint()).as(wrong[0]).isNotBlank().doesNotContain("\"\"");
      sentences.add(said.getMessage());
    }
    assertThat(sentences).hasSizeGreaterThanOrEqualTo(wrongRows().size() - 12);
  }

  @Test
  void a_slip_of_the_finger_is_answered_with_the_word_that_was_meant() {
    assertThat(refusal(setting("'sync_intervall_seconds', '60'", "")[0]).getHint())
        .isEqualTo("Did you mean \"sync_interval_seconds\"?");
    assertThat(refusal(setting("'repository_pasword', 'x'", "")[0]).getHint())
        .isEqualTo("Did you mean \"repository_password\"?");
    assertThat(refusal(setting("'log_level', 'debgu'", "")[0]).getHint())
        .isEqualTo("Did you mean \"debug\"?");
    assertThat(refusal(setting("'completely_different', 'x'", "")[0]).getHint())
        .isEqualTo("SELECT * FROM setting_keys lists the settings.");
    assertThat(refusal("UPDATE backup_jobs SET kind = 'control_plane'").getHint())
        .isEqualTo("Did you mean \"control-plane\"?");
    assertThat(refusal(jobWith("copy_to", "'{ofsite}'", "")[0]).getHint())
        .isEqualTo("Did you mean \"offsite\"?");
    assertThat(refusal(device("'web-02', 'Web 2', 'Linux'", "")[0]).getHint())
        .isEqualTo("Did you mean \"linux\"?");
    assertThat(refusal(restoreWith("\"includ\": [\"a\"]", "")[0]).getHint())
        .isEqualTo("Did you mean \"include\"?");
    assertThat(refusal(restoreWith("\"overwrite\": \"if-change\"", "")[0]).getHint())
        .isEqualTo("Did you mean \"if-changed\"?");
    assertThat(refusal(restoreWith("\"whatever\": 1", "")[0]).getHint())
        .isEqualTo("Known are to, at, snapshot, include, exclude, overwrite.");
  }

  private String hint(String[] wrong) {
    return Objects.requireNonNull(refusal(wrong[0]).getHint());
  }

  @Test
  void what_is_meant_is_named_and_where_nothing_is_near_what_there_is() {
    assertThat(hint(jobWith("device_id", "'web-1'", ""))).isEqualTo("Did you mean \"web-01\"?");
    assertThat(hint(jobWith("device_id", "'elsewhere'", "")))
        .isEqualTo("SELECT id, name FROM devices lists those that there are.");
    assertThat(hint(jobWith("copy_to", "'{tape}'", "")))
        .isEqualTo("SELECT name FROM copy_targets_public lists those that there are.");
    assertThat(hint(jobWith("retention_policy", "'forever'", "")))
        .isEqualTo("SELECT name FROM retention_policies lists those that there are.");
    assertThat(hint(housekeeping("'prunes', 'interval', NULL, 60, NULL", "")))
        .isEqualTo("Did you mean \"prune\"?");
    assertThat(hint(housekeeping("'vacuum', 'interval', NULL, 60, NULL", "")))
        .startsWith("Write one of forget, prune");
    assertThat(hint(setting("'repository_environment', '{\"AWS_ACESS_KEY_ID\": \"x\"}'", "")))
        .isEqualTo("Did you mean \"AWS_ACCESS_KEY_ID\"?");
    assertThat(hint(setting("'repository_environment', '{\"https_proxy\": \"x\"}'", "")))
        .isEqualTo("Did you mean \"HTTPS_PROXY\"?");
  }

  @Test
  void a_time_zone_that_is_none_is_answered_with_the_one_that_is_meant() {
    for (String[] zone :
        List.of(
            new String[] {"Berlin", "Did you mean \"Europe/Berlin\"?"},
            new String[] {"europe/berlin", "Did you mean \"Europe/Berlin\"?"},
            new String[] {"new york", "Did you mean \"America/New_York\"?"},
            new String[] {"Europe/Berln", "Did you mean \"Europe/Berlin\"?"},
            new String[] {"Berlni", "Did you mean \"Europe/Berlin\"?"},
            new String[] {"UTC+2", "2 hours ahead of UTC all year is Etc/GMT-2."},
            new String[] {"GMT-05:00", "5 hours behind UTC all year is Etc/GMT+5."},
            new String[] {"the moon", "Write a name such as Europe/Berlin"})) {
      assertThat(refusal("UPDATE schedules SET timezone = '" + zone[0] + "'").getHint())
          .as(zone[0])
          .contains(zone[1]);
    }
  }

  @Test
  void an_expression_of_another_program_is_answered_with_the_columns_for_it() {
    for (String[] cron :
        List.of(
            new String[] {"CRON_TZ=UTC 0 2 * * *", "the column timezone, 'UTC'"},
            new String[] {"TZ=Europe/Berlin 0 2 * * *", "the column timezone, 'Europe/Berlin'"},
            new String[] {"@every 1h", "schedule_type = 'interval' and interval_seconds = 3600"},
            new String[] {"@every 1h30m", "the seconds into interval_seconds"},
            new String[] {"@reboot", "@hourly, @daily"},
            new String[] {"@dayly", "Did you mean \"@daily\"?"},
            new String[] {"@fortnight", "Known are @hourly, @daily"},
            new String[] {"0 2 * * monday", "Did you mean \"mon\"?"},
            new String[] {"0 2 1 January *", "Did you mean \"jan\"?"},
            new String[] {"0 0 2 * * *", "There are no seconds and no years"})) {
      assertThat(hint(schedule("'cron', '" + cron[0] + "', NULL", "")))
          .as(cron[0])
          .contains(cron[1]);
      assertThat(hint(jobWith("verify_schedule", "'" + cron[0] + "'", "")))
          .as(cron[0])
          .contains(cron[1]);
    }
  }

  @Test
  void a_path_of_the_other_platform_is_refused_for_a_device_that_was_seen() throws SQLException {
    run("UPDATE backup_jobs SET source_paths = ARRAY['C:\\Users']");
    psql.execute("UPDATE devices SET last_seen = now()");
    assertThat(
            refusal("UPDATE backup_jobs SET source_paths = ARRAY['/srv', 'C:\\Users']")
                .getMessage())
        .isEqualTo(
            "job refused: the source path \"C:\\Users\" is one of Windows, and the device"
                + " \"web-01\" runs linux");
    psql.execute("UPDATE devices SET platform = 'windows'");
    run("UPDATE backup_jobs SET source_paths = ARRAY['\\\\nas\\share']");
    assertThat(refusal("UPDATE backup_jobs SET source_paths = ARRAY['/srv']").getMessage())
        .contains("is none of Windows, and the device \"web-01\" runs windows");
  }

  @Test
  void two_devices_of_one_name_are_meant_if_one_is_retired_or_somebody_says_so()
      throws SQLException {
    String second = "INSERT INTO devices (id, name, platform) VALUES ('web-02', 'Web 1', 'linux')";
    refusal(second);
    run("UPDATE devices SET enabled = false WHERE id = 'web-01'");
    run(second);
    assertThat(
            refusal(
                    "UPDATE devices SET name = 'Web 1' WHERE id = 'web-02'; UPDATE devices SET"
                        + " enabled = true, name = 'Web 1' WHERE id = 'web-01'")
                .getMessage())
        .contains("is that of device \"web-02\" too");
    run(
        "BEGIN; SET LOCAL holdfast.allow_bulk = on; UPDATE devices SET enabled = true, name = 'Web 1'"
            + " WHERE id = 'web-01'; COMMIT");
  }

  @Test
  void one_statement_loses_no_password_of_a_repository() throws SQLException {
    psql.setting("repository_password", SECRET);
    psql.execute("DELETE FROM settings WHERE key = 'repository_environment'");
    for (String lost :
        List.of(
            "DELETE FROM settings",
            "DELETE FROM settings WHERE key = 'repository_password'",
            "DELETE FROM settings WHERE key = 'repository_url'",
            "UPDATE settings SET value = '' WHERE key = 'repository_password'",
            "UPDATE settings SET value = ' ' WHERE key = 'repository_url'",
            "UPDATE settings SET key = 'repository_environment', value = '{}' WHERE key = 'repository_password'",
            "UPDATE settings SET device_id = 'web-01' WHERE key = 'repository_password'")) {
      ServerErrorMessage said = refusal(lost);
      assertThat(said.getMessage()).as(lost).contains("refused");
      assertThat(said.getHint()).as(lost).contains("SET LOCAL holdfast.allow_bulk = on");
      assertThat(said.toString()).as(lost).doesNotContain(SECRET);
    }
    run("UPDATE settings SET value = 'another' WHERE key = 'repository_password'");
    psql.execute(
        "INSERT INTO holdfast.told_snapshots (snapshot_id, device_id, job_id) VALUES ('x', 'web-01', ?)",
        JOB);
    String changed = "UPDATE settings SET value = 'x' WHERE key = 'repository_password'";
    assertThat(refusal(changed).getMessage()).contains("opens a repository that has snapshots");
    assertThat(refusal(changed).getHint()).contains("holdfast rotate-repository-password");
    run("BEGIN; SET LOCAL holdfast.allow_bulk = yes; " + changed + "; COMMIT");
    run("BEGIN; SET LOCAL holdfast.allow_bulk = on; DELETE FROM settings; COMMIT");
    assertThat(psql.rows("SELECT FROM settings")).isEmpty();
  }

  @Test
  void a_device_s_own_password_and_that_of_a_copy_stay_once_they_are_used() throws SQLException {
    run(
        "INSERT INTO settings (device_id, key, value) VALUES ('web-01', 'repository_url', '/own'),"
            + " ('web-01', 'repository_password', 'own')");
    run("UPDATE settings SET value = 'other' WHERE device_id = 'web-01' AND value = 'own'");
    psql.execute(
        "INSERT INTO holdfast.told_snapshots (snapshot_id, device_id, job_id) VALUES ('x', 'web-01', ?)",
        JOB);
    String own = "DELETE FROM settings WHERE device_id = 'web-01' AND key = 'repository_password'";
    assertThat(refusal(own).getMessage()).contains("of device \"web-01\" would be gone");
    run("UPDATE copy_targets SET repository_password = 'q'");
    psql.execute("UPDATE copy_targets SET repository_id = 'abc'");
    for (String lost :
        List.of("DELETE FROM copy_targets", "UPDATE copy_targets SET repository_password = 'r'")) {
      ServerErrorMessage said = refusal(lost);
      assertThat(said.getMessage())
          .isEqualTo(
              "copy target refused: the repository_password of \"offsite\" would be gone, and without"
                  + " it nobody reads the copies again");
      run("BEGIN; SET LOCAL holdfast.allow_bulk = on; " + lost + "; ROLLBACK");
    }
    run("DELETE FROM devices WHERE id = 'web-01'");
  }

  @Test
  void a_small_fleet_is_guarded_too_and_each_setting_of_the_fleet_counts() throws SQLException {
    psql.execute(
        "INSERT INTO backup_jobs (device_id, name, source_paths)"
            + " SELECT 'web-01', 'job ' || n, '{/srv}' FROM generate_series(1, 3) n");
    assertThat(refusal("UPDATE backup_jobs SET tags = NULL").getMessage())
        .isEqualTo(
            "update of 4 rows of backup_jobs refused: it looks like a WHERE that was forgotten");
    assertThat(refusal("DELETE FROM backup_jobs").getMessage()).startsWith("delete of 4 rows");
    run("UPDATE backup_jobs SET tags = NULL WHERE name <> 'www'");
    assertThat(
            refusal(
                    "DELETE FROM settings WHERE key IN ('max_concurrent_backups', 'sync_interval_seconds')")
                .getMessage())
        .startsWith("delete of 2 rows of settings refused");
    assertThat(
            refusal(
                    "UPDATE settings SET value = '60' WHERE key IN ('max_concurrent_backups',"
                        + " 'sync_interval_seconds')")
                .getMessage())
        .startsWith("update of 2 rows of settings refused");
    run(
        "INSERT INTO settings (key, value) VALUES ('max_concurrent_backups', '2'),"
            + " ('sync_interval_seconds', '60') ON CONFLICT (device_id, key) DO UPDATE SET value ="
            + " excluded.value");
    run("DELETE FROM settings WHERE key = 'max_concurrent_backups'");
    psql.execute(
        "INSERT INTO retention_policies (name, keep_last) SELECT 'p' || n, n FROM generate_series(1, 4) n");
    assertThat(refusal("UPDATE retention_policies SET keep_last = 1").getMessage())
        .startsWith("update of 4 rows of retention_policies refused");
    psql.execute(
        "INSERT INTO devices (id, name, platform) SELECT 'd' || n, 'D ' || n, 'linux' FROM generate_series(1, 4) n");
    assertThat(refusal("UPDATE devices SET enabled = false").getMessage())
        .startsWith("update of 5 rows of devices refused");
    // Heartbeats, and what goes with a device, however much it is.
    run("UPDATE devices SET last_seen = now(), hostname = 'h'");
    psql.execute(
        "INSERT INTO backup_jobs (device_id, name, source_paths)"
            + " SELECT 'web-01', 'more ' || n, '{/srv}' FROM generate_series(1, 30) n");
    run("DELETE FROM devices WHERE id = 'web-01'");
    assertThat(psql.rows("SELECT FROM backup_jobs")).isEmpty();
  }

  @Test
  void what_is_still_needed_stays_and_the_hint_says_what_to_do() throws SQLException {
    run("INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('std', 5, true)");
    assertThat(refusal("DELETE FROM retention_policies").getMessage())
        .isEqualTo(
            "retention policy refused: \"std\" was the default, and 1 jobs without a policy of their own"
                + " would keep all their snapshots");
    refusal("UPDATE retention_policies SET is_default = false");
    assertThat(
            refusal(
                    "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('new', 5, true)")
                .getMessage())
        .isEqualTo("retention policy refused: the default is \"std\" already");
    run(
        "BEGIN; UPDATE retention_policies SET is_default = false WHERE name = 'std'; INSERT INTO"
            + " retention_policies (name, keep_last, is_default) VALUES ('new', 5, true); COMMIT");
    run("UPDATE backup_jobs SET retention_policy = 'std'");
    assertThat(refusal("DELETE FROM retention_policies WHERE name = 'std'").getMessage())
        .isEqualTo("retention policy \"std\" cannot be deleted: rows of backup_jobs refer to it");
    psql.execute(
        "INSERT INTO runs (job_id, device_id, status, start_time) VALUES (?, 'web-01', 'running', now())",
        JOB);
    ServerErrorMessage device = refusal("DELETE FROM devices");
    assertThat(device.getMessage())
        .isEqualTo("device \"web-01\" cannot be deleted: rows of runs refer to it");
    assertThat(device.getHint()).contains("SELECT holdfast.retire_device('web-01')");
  }

  @Test
  void a_row_that_is_there_already_is_changed_by_on_conflict_wherever_it_stands()
      throws SQLException {
    String upsert =
        "INSERT INTO settings (key, value) VALUES ('max_concurrent_backups', '2') ON CONFLICT"
            + " (device_id, key) DO UPDATE SET value = excluded.value";
    run(upsert);
    run("DO $$ BEGIN " + upsert + "; END $$");
    run("PREPARE upsert AS " + upsert);
    run("EXECUTE upsert");
    psql.execute(
        "CREATE FUNCTION public.put() RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
            + upsert
            + "; END $$");
    psql.execute(
        "CREATE FUNCTION public.put_plain() RETURNS void LANGUAGE sql AS $$ " + upsert + " $$");
    psql.execute("GRANT EXECUTE ON FUNCTION public.put(), public.put_plain() TO backup_admin");
    run("SELECT public.put(), public.put_plain()");
    run(
        "INSERT INTO devices (id, name, platform) VALUES ('web-01', 'x', 'linux') ON CONFLICT DO NOTHING");
  }

  @Test
  void what_is_right_is_accepted() throws SQLException {
    run(
        "INSERT INTO backup_jobs (device_id, name, source_paths, exclude_patterns, tags, restic_args)"
            + " VALUES ('web-01', 'blade/home', ARRAY['/srv', 'C:\\Users\\me', '\\\\nas\\share'],"
            + " ARRAY['*.tmp'], ARRAY['daily', 'a=b'],"
            + " '[\"--limit-upload\", \"5000\", \"--compression=max\", \"-x\"]')");
    run("UPDATE settings SET value = '' WHERE key = 'repository_password'");
    run(
        "INSERT INTO settings (key, value) VALUES ('repository_password', 'x') ON CONFLICT"
            + " (device_id, key) DO UPDATE SET value = excluded.value");
    run(
        "INSERT INTO backup_jobs (device_id, name, kind, restic_args) VALUES ('web-01', 'control plane',"
            + " 'control-plane', '[\"--limit-upload\", \"5000\"]')");
    run("UPDATE schedules SET timezone = 'Europe/Berlin'");
    run(
        "INSERT INTO settings (device_id, key, value) VALUES ('web-01', 'repository_environment',"
            + " '{\"AWS_ACCESS_KEY_ID\": \"b\", \"HTTPS_PROXY\": \"http://proxy:3128\"}')");
    // What is there already goes on to be changed in other columns.
    psql.execute("ALTER TABLE backup_jobs DISABLE TRIGGER backup_jobs_check");
    psql.execute("ALTER TABLE backup_jobs DISABLE TRIGGER backup_jobs_check_platform");
    run("UPDATE backup_jobs SET tags = '{device=x}', exclude_patterns = '{[}' WHERE name = 'www'");
    psql.execute("ALTER TABLE backup_jobs ENABLE TRIGGER backup_jobs_check");
    psql.execute("ALTER TABLE backup_jobs ENABLE TRIGGER backup_jobs_check_platform");
    run("UPDATE backup_jobs SET enabled = false, description = 'x' WHERE name = 'www'");
  }

  @Test
  void what_only_windows_knows_is_refused_for_a_device_that_was_seen_to_run_something_else()
      throws SQLException {
    String shadowCopy =
        "UPDATE backup_jobs SET restic_args = '[\"-x\", \"--use-fs-snapshot\"]' WHERE name = 'www'";
    run(shadowCopy);
    run("UPDATE backup_jobs SET restic_args = NULL");
    psql.execute("UPDATE devices SET last_seen = now()");
    assertThat(refusal(shadowCopy).getMessage())
        .isEqualTo(
            "job refused: restic_args has \"--use-fs-snapshot\", which only restic on Windows knows,"
                + " and the device \"web-01\" runs linux");
    psql.execute("UPDATE devices SET platform = 'windows'");
    run("UPDATE backup_jobs SET source_paths = ARRAY['C:\\Users']");
    run(shadowCopy);
  }

  @Test
  void a_restore_that_can_be_meant_is_accepted_in_the_name_of_whoever_asks() throws SQLException {
    for (String more :
        List.of(
            "",
            ", \"at\": \"2 days ago\"",
            ", \"at\": \"yesterday\"",
            ", \"at\": \"2026-11-01 14:00\"",
            ", \"at\": \"2026-11-01T14:00:00.5+02:00\"",
            ", \"include\": [\"/srv/www/*.html\", \"b\"], \"overwrite\": \"never\"")) {
      run(
          "INSERT INTO requests (kind, job_id, requested_by, parameters) VALUES ('restore', '"
              + JOB
              + "', 'somebody else', '{\"to\": \"/srv/restored\""
              + more
              + "}')");
    }
    run("INSERT INTO devices (id, name, platform) VALUES ('db-01', 'DB 1', 'linux')");
    run(
        "INSERT INTO requests (kind, job_id, device_id, parameters) VALUES ('restore', '"
            + JOB
            + "', 'db-01', '{\"to\": \"/srv/restored\"}')");
    assertThat(psql.rows("SELECT FROM requests WHERE requested_by = 'somebody else'")).isEmpty();
    assertThat(psql.rows("SELECT FROM requests WHERE device_id = 'db-01'")).hasSize(1);
    assertThat(refusal("UPDATE requests SET parameters = '{\"to\": \"/etc\"}'").getMessage())
        .contains("cannot be changed into another one");
    assertThat(refusal("UPDATE requests SET device_id = 'db-01'").getMessage())
        .contains("cannot be changed into another one");
  }

  private static List<String> expressions(String resource) throws IOException {
    try (InputStream list = Objects.requireNonNull(TyposIT.class.getResourceAsStream(resource))) {
      return new String(list.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("# "))
          .map(line -> line.split(";", -1)[0].strip())
          .distinct()
          .toList();
    }
  }

  private String byDatabase(String expression) {
    return String.valueOf(
        psql.row("SELECT holdfast.cron_problem(?) AS problem", expression).get("problem"));
  }

  private static String byAgent(String expression) {
    try {
      CronExpression.parse(expression);
      return "null";
    } catch (InvalidSchedule e) {
      return e.getMessage();
    }
  }

  @Test
  void the_database_and_the_agent_judge_the_shared_lists_in_the_same_words() throws IOException {
    for (String expression : expressions("/schedule/cron-vectors.csv")) {
      assertThat(byDatabase(expression)).as(expression).isEqualTo("null");
    }
    for (String expression : expressions("/schedule/cron-fifty.txt")) {
      assertThat(byDatabase(expression)).as(expression).isEqualTo("null");
    }
    for (String expression : expressions("/schedule/cron-refused.csv")) {
      assertThat(byDatabase(expression)).as(expression).isEqualTo(byAgent(expression));
    }
  }

  /** Put together from what fields are made of, right and wrong. */
  @Test
  void the_database_and_the_agent_agree_on_a_thousand_expressions_put_together_at_random() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> disagreed = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      String expression =
          IntStream.range(0, 5)
              .mapToObj(field -> field(random, field))
              .collect(Collectors.joining(" "));
      if (byDatabase(expression).equals("null") != byAgent(expression).equals("null")) {
        disagreed.add(expression + ": " + byDatabase(expression) + " / " + byAgent(expression));
      }
    }
    assertThat(disagreed).as("seed %d", seed).isEmpty();
  }

  private static String field(Random random, int field) {
    if (random.nextInt(3) > 0) {
      return "*";
    }
    int limit = List.of(62, 26, 33, 14, 9).get(field);
    String word = field == 3 ? "feb" : field == 4 ? "fri" : "x";
    String one = random.nextInt(8) == 0 ? word : String.valueOf(random.nextInt(limit));
    String other = random.nextInt(8) == 0 ? word : String.valueOf(random.nextInt(limit));
    return switch (random.nextInt(9)) {
      case 0 -> one + "-" + other;
      case 1 -> "*/" + random.nextInt(limit + 10);
      case 2 -> one + "/" + random.nextInt(limit + 10);
      case 3 -> one + "-" + other + "/" + random.nextInt(limit + 10);
      case 4 -> one + "," + other;
      case 5 -> one + "," + other + "-" + one;
      default -> one;
    };
  }

  @Test
  void a_where_that_was_forgotten_is_refused_unless_it_is_meant() throws SQLException {
    psql.execute(
        "INSERT INTO backup_jobs (device_id, name, source_paths)"
            + " SELECT 'web-01', 'job ' || n, '{/srv}' FROM generate_series(1, 30) n");
    assertThat(refusal("UPDATE backup_jobs SET enabled = false").getMessage())
        .isEqualTo(
            "update of 31 rows of backup_jobs refused: it looks like a WHERE that was forgotten");
    assertThat(refusal("DELETE FROM backup_jobs").getMessage()).startsWith("delete of 31 rows");
    run("UPDATE backup_jobs SET enabled = false WHERE name LIKE 'job 1%'");
    admin.setAutoCommit(false);
    run("SET LOCAL holdfast.allow_bulk = on");
    run("UPDATE backup_jobs SET enabled = false");
    admin.commit();
    admin.setAutoCommit(true);
    assertThat(psql.rows("SELECT FROM backup_jobs WHERE enabled")).isEmpty();
    assertThat(refusal("DELETE FROM backup_jobs").getMessage()).startsWith("delete of 31 rows");
  }
}
