package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.EnterableByAll;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.HeldRestic;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user of the machine without any rights, beside a daemon of root's that is backing up. */
@WantsRoot
class LocalUserIT {

  /** Each is refused, and shows nothing. Two commands in a line build on each other. */
  private static final String ATTEMPTS =
      """
      cat "$STATE/config-cache.json"
      ls -R "$STATE"
      find "$STATE" -name '*.json' | grep .
      ln -s "$STATE/config-cache.json" "$MINE/link"; cat "$MINE/link"
      ln "$STATE/config-cache.json" "$MINE/hard" && cat "$MINE/hard"
      ln -s "$STATE" "$MINE/state"; ls "$MINE/state/"
      mv "$STATE" "$STATE.old" && mkdir "$STATE"
      rm -rf "$STATE"
      echo '{}' >"$STATE/spool/000000000001-x.json"
      for run in "$STATE"/open-runs/*; do echo now >"$run.end"; done
      flock --nonblock "$STATE/spool/spool.lock" true
      chmod 777 "$STATE" || chown nobody "$STATE"
      cat "$CONFIG"
      cat "$PASSWORD"
      cp "$CONFIG" "$MINE/own.yaml" && grep password "$MINE/own.yaml"
      echo 'x' >>"$CONFIG"
      mv "$CONFIG" "$CONFIG.old"
      cat "/proc/$DAEMON/environ"
      cat "/proc/$RESTIC/environ"
      head -c 100 "/proc/$DAEMON/mem"
      cat "/proc/$DAEMON/maps" | grep .
      ls "/proc/$DAEMON/fd"
      cat "/proc/$RESTIC/fd/1"
      cat "/proc/$DAEMON/root$STATE/config-cache.json"
      ls "/proc/$RESTIC/cwd/"
      kill -TERM "$DAEMON"
      kill -KILL "$RESTIC"
      kill -STOP "$DAEMON" "$RESTIC"
      touch "/tmp/.attach_pid$DAEMON"; kill -QUIT "$DAEMON"
      prlimit --pid "$DAEMON" --nofile=3
      renice -n 19 -p "$DAEMON"
      HOLDFAST_CONFIG="$CONFIG" "$HOLDFAST" status
      HOLDFAST_CONFIG="$CONFIG" "$HOLDFAST" cancel home
      HOLDFAST_CONFIG="$CONFIG" "$HOLDFAST" backup home
      HOLDFAST_CONFIG="$CONFIG" "$HOLDFAST" snapshots
      HOLDFAST_CONFIG="$CONFIG" "$HOLDFAST" daemon
      "$HOLDFAST" status --config "$FORGED"
      "$HOLDFAST" daemon --config "$FORGED"
      "$HOLDFAST" doctor --config "$FORGED"
      """;

  @TempDir(factory = EnterableByAll.class)
  private Path directory;

  private Program.Result asNobody(Map<String, String> environment, String command) {
    return Program.run(
        environment,
        List.of(
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--bounding-set=-all",
            "--inh-caps=-all",
            "--",
            "sh",
            "-c",
            command));
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.map(Path::toString).filter(file -> !file.contains("/cache/")).sorted().toList();
    }
  }

  @Test
  void no_user_of_the_machine_reads_or_disturbs_what_the_agent_does() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      HeldRestic held = new HeldRestic(directory, ResticBinaries.current(), "home");
      site.writeConfig(held.binary().toString());
      Files.setPosixFilePermissions(site.config(), PosixFilePermissions.fromString("rw-------"));
      FaultyJobs jobs = new FaultyJobs(site);
      jobs.due(jobs.job("home"));
      Process daemon = site.daemon();
      eventually()
          .until(() ->
              daemon.descendants().anyMatch(LocalUserIT::isHeldBackup)
                  && site.runs("home").size() == 1);
      Path mine = Files.createDirectories(directory.resolve("mine"));
      Files.setPosixFilePermissions(mine, PosixFilePermissions.fromString("rwxrwxrwx"));
      Map<String, String> environment =
          Map.of(
              "STATE", site.state().toString(),
              "CONFIG", site.config().toString(),
              "PASSWORD", site.passwordFile().toString(),
              "MINE", mine.toString(),
              "FORGED", forged(site, mine).toString(),
              "HOME", mine.toString(),
              "HOLDFAST", Program.HOLDFAST,
              "DAEMON", String.valueOf(daemon.pid()),
              "RESTIC",
                  String.valueOf(
                      daemon
                          .descendants()
                          .filter(LocalUserIT::isHeldBackup)
                          .findFirst()
                          .orElseThrow()
                          .pid()));
      assertThat(asNobody(environment, "touch \"$MINE/own\" && cat /proc/self/environ").exitCode())
          .as("what is his own he may do")
          .isZero();
      List<String> before = files(site.state());

      List<String> harm = new ArrayList<>();
      for (String attempt : ATTEMPTS.lines().toList()) {
        Program.Result result = asNobody(environment, attempt);
        if (result.exitCode() == 0
            // The shell has not found the program: nothing was tried.
            || result.exitCode() == 127
            || result.all().contains(Site.DATABASE_PASSWORD)
            || result.all().contains(Site.REPOSITORY_PASSWORD)
            || result.all().contains("Exception")) {
          harm.add(attempt + ": " + result.exitCode() + " " + result.all());
        }
      }

      assertThat(harm).isEmpty();
      assertThat(files(site.state())).isEqualTo(before);
      held.letGo();
      assertThat(site.awaitRuns("home", 1)).containsEntry("outcome", "success");
      Site.stop(daemon);
    }
  }

  /** A configuration file of his own that names the agent's directory. */
  private static Path forged(Site site, Path mine) throws IOException {
    Path file =
        Files.writeString(
            mine.resolve("forged.yaml"),
            """
            device:
              id: forged
            database:
              url: postgresql://127.0.0.1:1/holdfast
              user: x
            state_directory: %s
            """
                .formatted(site.state()));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  private static boolean isHeldBackup(ProcessHandle process) {
    return process.info().commandLine().filter(line -> line.contains("held-restic")).isPresent()
        && process.info().commandLine().filter(line -> line.contains(" backup")).isPresent();
  }
}
