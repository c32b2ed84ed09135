package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.CommandLines;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Neither password can be seen anywhere: not by ps, not in the log, not in a row, not in what is
 * left on disk, but for the configuration cache, which only the agent's user can read.
 */
class SecretsIT {

  private static final String BACKEND_SECRET = "backend-secret-31415";
  private static final List<String> SECRETS =
      List.of(Site.DATABASE_PASSWORD, Site.REPOSITORY_PASSWORD, BACKEND_SECRET);

  @TempDir private Path directory;

  @ParameterizedTest
  @MethodSource("io.holdfast.agent.testing.ResticBinaries#all")
  void no_secret_shows_during_and_after_runs_good_and_bad(Path restic) throws Exception {
    try (Site site = new Site(directory, restic);
        CommandLines watched = new CommandLines()) {
      ControlPlane psql = site.controlPlane();
      psql.setting(
          "repository_environment", "{\"AWS_SECRET_ACCESS_KEY\": \"" + BACKEND_SECRET + "\"}");
      UUID job = psql.job(Site.DEVICE, "slow", slowSource(site).toString());
      psql.execute(
          "UPDATE backup_jobs SET restic_args = '[\"--limit-upload\", \"400\"]' WHERE id = ?", job);
      psql.everySeconds(job, 3600);
      UUID failing = psql.job(Site.DEVICE, "failing", directory.resolve("gone").toString());
      psql.everySeconds(failing, 3600);
      site.daemon();
      site.awaitRuns("slow", 1);
      site.awaitRuns("failing", 1);
      // A URL that carries a password, of a server that is not there.
      psql.setting(
          "repository_url", "rest:http://user:" + Site.REPOSITORY_PASSWORD + "@127.0.0.1:1/repo");
      psql.execute("UPDATE backup_jobs SET restic_args = '[]' WHERE id = ?", job);
      String commands =
          site.holdfast("status").all()
              + site.holdfast("status", "--json").all()
              + site.holdfast("jobs", "--json").all()
              + site.holdfast("runs", "--json").all()
              + site.holdfast("sync", "--json").all();

      Set<String> commandLines = watched.seen();
      assertThat(commandLines)
          .as("the watcher saw restic at work")
          .anyMatch(line -> line.contains("backup") && line.contains("--json"));
      String rows =
          psql.rows("SELECT * FROM runs").toString()
              + psql.rows("SELECT * FROM problems")
              + psql.rows("SELECT * FROM devices")
              + psql.rows("SELECT * FROM settings_public");
      for (String secret : SECRETS) {
        assertThat(String.join("\n", commandLines)).as("ps").doesNotContain(secret);
        assertThat(rows).as("rows").doesNotContain(secret);
        assertThat(site.log()).as("log").doesNotContain(secret);
        assertThat(site.allState()).as("the rest of the state").doesNotContain(secret);
        assertThat(commands).as("commands").doesNotContain(secret);
      }
      // Without it the device could not back up while its control plane is away.
      assertThat(site.configCache()).content().doesNotContain(Site.DATABASE_PASSWORD);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(site.configCache())))
          .isEqualTo("rw-------");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(site.state())))
          .isEqualTo("rwx------");
    }
  }

  private static Path slowSource(Site site) throws IOException {
    Path source = site.source("slow", 2);
    byte[] noise = new byte[2_000_000];
    new Random(1).nextBytes(noise);
    Files.write(source.resolve("noise"), noise);
    return source;
  }
}
