package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.CommandLines;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.SecondRepository;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two repositories have two passwords, and neither can be seen while one is copied. */
class CopySecretsIT {

  private static final String BACKEND_SECRET = "backend-secret-31415";

  @TempDir private Path directory;

  @ParameterizedTest
  @MethodSource("io.holdfast.agent.testing.ResticBinaries#all")
  void no_secret_of_either_repository_shows_during_and_after_a_copy(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      SecondRepository second = SecondRepository.made(site, restic);
      psql.execute(
          "UPDATE copy_targets SET repository_environment = ?",
          "{\"AWS_SECRET_ACCESS_KEY\": \"" + BACKEND_SECRET + "\"}");
      Path source = site.source("home", 2);
      byte[] noise = new byte[20_000_000];
      new Random(1).nextBytes(noise);
      Files.write(source.resolve("noise"), noise);
      psql.job(Site.DEVICE, "home", source.toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      String said;
      Set<String> commandLines;
      try (CommandLines watched = new CommandLines()) {
        said = second.housekeep("copy");
        psql.meant("UPDATE copy_targets SET repository_password = repository_password || '-wrong'");
        said += site.holdfast("housekeep", "copy", "--target", SecondRepository.NAME).all();
        commandLines = watched.seen();
      }
      assertThat(said).contains("Correct copy_targets.repository_password");
      assertThat(commandLines)
          .as("the watcher saw restic at work")
          .anyMatch(line -> line.contains(restic + " copy "));
      String all =
          String.join("\n", commandLines)
              + said
              + psql.rows("SELECT * FROM housekeeping_runs")
              + psql.rows("SELECT * FROM problems")
              + psql.rows("SELECT * FROM audit_log")
              + psql.rows("SELECT * FROM copy_targets_public")
              + site.allState();
      for (String secret :
          List.of(SecondRepository.PASSWORD, Site.REPOSITORY_PASSWORD, BACKEND_SECRET)) {
        assertThat(all).doesNotContain(secret);
      }
      try (Stream<Path> left = Files.list(site.state().resolve("private"))) {
        assertThat(left).as("the files that held them").isEmpty();
      }
    }
  }
}
