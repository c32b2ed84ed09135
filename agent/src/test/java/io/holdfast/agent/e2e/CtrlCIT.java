package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ctrl-C is a cancellation, always: the terminal sends the signal to restic too, which may have
 * ended, and complained, before we hear of it.
 */
class CtrlCIT {

  @TempDir private Path directory;

  /** The real restic, but for one command, which lasts until a signal comes. */
  private Path held(String command) throws Exception {
    return ResticBinaries.script(
        directory.resolve("held-restic"),
        """
        #!/bin/sh
        if [ "$1" = %s ] && [ -e '%s' ]; then
          trap 'echo "signal interrupt received, cleaning up" >&2; echo "Fatal: unable to save snapshot: context canceled" >&2; exit 1' INT
          touch '%s'
          while :; do sleep 0.1; done
        fi
        exec '%s' "$@"
        """
            .formatted(
                command,
                directory.resolve("armed"),
                directory.resolve("there"),
                ResticBinaries.current()));
  }

  static Stream<Arguments> commands() {
    return Stream.of(
        Arguments.of(
            "backup",
            List.of("backup", "home"),
            "SELECT status FROM runs ORDER BY start_time DESC LIMIT 1"),
        Arguments.of("restore", List.of("restore", "home", "--to", "%s/back"), ""),
        Arguments.of(
            "restore", List.of("prove", "home"), "SELECT outcome AS status FROM verifications"),
        Arguments.of("forget", List.of("forget", "home"), "SELECT status FROM housekeeping_runs"),
        Arguments.of(
            "check", List.of("housekeep", "check"), "SELECT status FROM housekeeping_runs"),
        Arguments.of(
            "prune", List.of("housekeep", "prune"), "SELECT status FROM housekeeping_runs"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void a_command_is_cancelled_though_restic_was_quicker(
      String restics, List<String> command, String row) throws Exception {
    try (Site site = new Site(directory, held(restics))) {
      ControlPlane psql = site.controlPlane();
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = ?", Site.DEVICE);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('one', 1, true)");
      psql.job(Site.DEVICE, "home", site.source("home", 3).toString());
      for (int i = 0; i < 2; i++) {
        assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      }
      Files.createFile(directory.resolve("armed"));

      Process holdfast =
          site.start(
              command.stream()
                  .map(argument -> argument.formatted(directory))
                  .toArray(String[]::new));
      try {
        eventually().until(() -> Files.exists(directory.resolve("there")));
        ProcessHandle restic = restic(holdfast, restics);
        RunningRestic.signal(restic, "INT");
        eventually().until(() -> !restic.isAlive());
        RunningRestic.signal(holdfast.toHandle(), "INT");
        assertThat(holdfast.waitFor(5, TimeUnit.MINUTES)).isTrue();
      } finally {
        holdfast.destroyForcibly();
      }

      assertThat(holdfast.exitValue()).isEqualTo(130);
      assertThat(site.log()).contains("cancelled").doesNotContain("context canceled");
      if (!row.isEmpty()) {
        assertThat(psql.row(row)).isEqualTo(Map.of("status", "cancelled"));
      }
      assertThat(psql.rows("SELECT code FROM problems WHERE source <> 'config'")).isEmpty();
    }
  }

  private static ProcessHandle restic(Process holdfast, String command) {
    return holdfast
        .descendants()
        .filter(
            process -> List.of(process.info().arguments().orElse(new String[0])).contains(command))
        .findFirst()
        .orElseThrow();
  }
}
