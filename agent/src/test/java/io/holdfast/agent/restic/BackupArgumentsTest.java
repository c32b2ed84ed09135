package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupArgumentsTest {

  private static final ResticVersion CURRENT = new ResticVersion(0, 18, 0);

  private static ArgumentCheck check(String... arguments) {
    return BackupArguments.check(List.of(arguments), CURRENT);
  }

  @Test
  void a_value_may_stand_behind_an_equals_sign_or_as_an_element_of_its_own() {
    assertThat(check("--limit-upload", "5000", "--compression=max", "-x", "--exclude-caches"))
        .isEqualTo(
            new ArgumentCheck.Accepted(
                List.of("--limit-upload=5000", "--compression=max", "-x", "--exclude-caches")));
    assertThat(check()).isEqualTo(new ArgumentCheck.Accepted(List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--password-command=touch /tmp/x",
        "--password-command",
        "-o",
        "-osftp.command=x",
        "-o=x",
        "--option=rclone.program=x",
        "--stdin-from-command",
        "-r",
        "-r/repo",
        "--repo=/x",
        "--repository-file=/x",
        "--files-from=/etc/shadow",
        "--exclude-file=/etc/shadow",
        "--iexclude-file=/x",
        "-p/x",
        "--password-file=/x",
        "--cacert=/x",
        "--tls-client-cert=/x",
        "--insecure-tls",
        "--insecure-no-password",
        "--key-hint=x",
        "--cache-dir=/x",
        "--cleanup-cache",
        "--no-lock",
        "--no-extra-verify",
        "--time=2001-01-01",
        "--host=x",
        "-Hx",
        "--tag=x",
        "--parent=x",
        "--group-by=",
        "--json",
        "-q",
        "--quiet",
        "-v",
        "-vv",
        "--verbose=2",
        "-n",
        "--dry-run",
        "--stdin",
        "--stdin-filename=x",
        "-h",
        "--help",
        "--retry-lock=1h",
        "--skip-if-unchanged",
        "--",
        "/etc",
        "",
        " --force",
        "--FORCE",
        "-fx"
      })
  void anything_that_is_not_known_to_be_good_is_refused(String argument) {
    assertThat(check(argument)).isInstanceOf(ArgumentCheck.Refused.class);
  }

  @ParameterizedTest
  @CsvSource({
    "--limit-upload=-1",
    "--limit-upload=5k",
    "--limit-upload=",
    "--pack-size=1",
    "--pack-size=129",
    "--read-concurrency=0",
    "--read-concurrency=65",
    "--compression=best",
    "--exclude-larger-than=big",
    "--force=true",
    "--stuck-request-timeout=5"
  })
  void a_value_out_of_bounds_is_refused(String argument) {
    assertThat(check(argument)).isInstanceOf(ArgumentCheck.Refused.class);
  }

  @Test
  void a_flag_cannot_hide_as_the_value_of_another() {
    assertThat(check("--limit-upload", "--password-command=x"))
        .isInstanceOf(ArgumentCheck.Refused.class);
    assertThat(check("--limit-upload")).isInstanceOf(ArgumentCheck.Refused.class);
    assertThat(check("--iexclude", "-o"))
        .isEqualTo(new ArgumentCheck.Accepted(List.of("--iexclude=-o")));
  }

  @Test
  void a_flag_that_the_machines_restic_does_not_know_is_refused_with_the_version_that_does() {
    assertThat(BackupArguments.check(List.of("--no-scan"), new ResticVersion(0, 14, 0)))
        .isInstanceOfSatisfying(
            ArgumentCheck.Refused.class,
            refused ->
                assertThat(refused.message())
                    .isEqualTo(
                        "restic_args has \"--no-scan\", which restic knows from 0.15.0 on, and this machine has 0.14.0"));
  }

  @Test
  void a_value_that_came_later_than_its_flag_needs_the_later_version() {
    assertThat(check("--compression", "fastest"))
        .isInstanceOfSatisfying(
            ArgumentCheck.Refused.class,
            refused ->
                assertThat(refused.message())
                    .contains("\"--compression=fastest\", which restic knows from 0.19.0 on"));
    assertThat(
            BackupArguments.check(List.of("--compression", "fastest"), new ResticVersion(0, 19, 0)))
        .isEqualTo(new ArgumentCheck.Accepted(List.of("--compression=fastest")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--use-fs-snapshot", "--exclude-cloud-files"})
  void a_flag_that_only_windows_has_is_refused_elsewhere(String flag) {
    assertThat(BackupArguments.check(List.of(flag), CURRENT, true))
        .isEqualTo(new ArgumentCheck.Accepted(List.of(flag)));
    assertThat(BackupArguments.check(List.of(flag), CURRENT, false))
        .isInstanceOfSatisfying(
            ArgumentCheck.Refused.class,
            refused -> assertThat(refused.message()).contains("only restic on Windows knows it"));
  }

  @Test
  void no_variable_of_the_back_end_starts_a_program_or_moves_the_repository() {
    assertThat(BackendEnvironment.refusal(Set.of("AWS_ACCESS_KEY_ID", "B2_ACCOUNT_KEY"))).isEmpty();
    Stream.of(
            "RESTIC_PASSWORD_COMMAND",
            "RESTIC_REPOSITORY",
            "PATH",
            "LD_PRELOAD",
            "RCLONE_CONFIG",
            "RESTIC_CACERT",
            "AWS_ENDPOINT_URL",
            "AWS_CONFIG_FILE",
            "RESTIC_AWS_ASSUME_ROLE_STS_ENDPOINT",
            "AZURE_FORCE_CLI_CREDENTIAL",
            "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
            "DEBUG_LOG",
            "HOME")
        .forEach(name ->
            assertThat(BackendEnvironment.refusal(Set.of("AWS_ACCESS_KEY_ID", name)))
                .hasValueSatisfying(why -> assertThat(why).contains(name)));
  }
}
