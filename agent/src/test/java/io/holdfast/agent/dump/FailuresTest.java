package io.holdfast.agent.dump;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.run.ControlPlaneDump.Result;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The sentences of pg_dump 15 and 17, as they stand on its standard error. */
class FailuresTest {

  private static Result.Failed of(int exitCode, String errors) {
    return Failures.of(exitCode, errors, Path.of("/usr/bin/pg_dump"), "db.example/holdfast");
  }

  @Test
  void a_login_that_is_refused_is_told_in_the_servers_words() {
    Result.Failed failed =
        of(
            1,
            "pg_dump: error: connection to server at \"db.example\" (10.0.0.1), port 5432 failed: FATAL: "
                + " password authentication failed for user \"dumper\"\n");
    assertThat(failed.code()).isEqualTo("dump-login-refused");
    assertThat(failed.sentence())
        .isEqualTo(
            "the database at db.example/holdfast refuses the login of control_plane_dump: connection to"
                + " server at \"db.example\" (10.0.0.1), port 5432 failed: FATAL: password"
                + " authentication failed for user \"dumper\"");
  }

  @Test
  void a_pg_dump_that_is_older_than_the_server_names_both_versions() {
    Result.Failed failed =
        of(
            1,
            """
            pg_dump: error: aborting because of server version mismatch
            pg_dump: detail: server version: 17.2; pg_dump version: 15.18
            """);
    assertThat(failed.code()).isEqualTo("pg-dump-old");
    assertThat(failed.sentence())
        .isEqualTo(
            "/usr/bin/pg_dump is older than the server of the database at db.example/holdfast"
                + " (server version: 17.2; pg_dump version: 15.18)");
  }

  @Test
  void a_right_that_is_missing_a_kill_and_anything_else_have_codes_of_their_own() {
    assertThat(
            of(
                    1,
                    """
                    pg_dump: error: query failed: ERROR:  permission denied for table audit_log
                    pg_dump: detail: Query was: LOCK TABLE public.audit_log IN ACCESS SHARE MODE
                    """)
                .code())
        .isEqualTo("dump-right-missing");
    assertThat(of(137, "").sentence()).contains("ended from outside by signal 9");
    assertThat(of(1, "").sentence()).endsWith("failed (exit code 1): it gave no reason");
    assertThat(of(1, "pg_dump: error: could not write: No space left on device").code())
        .isEqualTo("pg-dump-failed");
  }
}
