package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.Books;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings that stand for secrets which the database never holds. */
class SecretReferencesIT {

  @TempDir private Path directory;

  private Path keyFile() throws IOException {
    return Files.createDirectories(directory.resolve("secrets")).resolve("fleet.key");
  }

  /** Runs {@code holdfast secret} with a line on its standard input. */
  private String secret(Site site, String line, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST, "secret"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(directory.resolve("err").toFile());
    builder.environment().put("HOLDFAST_CONFIG", site.config().toString());
    Process process = builder.start();
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(directory.resolve("err"))).isZero();
    return out.strip();
  }

  @Test
  void a_repository_is_used_whose_password_neither_the_database_nor_the_cache_knows()
      throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Files.writeString(keyFile(), secret(site, "", "new-key") + "\n");
      String encrypted = secret(site, Site.REPOSITORY_PASSWORD, "encrypt", "repository_password");
      psql.setting("repository_password", encrypted);
      Files.writeString(directory.resolve("secrets/repository_url.main"), site.repository() + "\n");
      psql.setting("repository_url", "file:main");
      site.daemon();
      new FaultyJobs(site).goOn("home");
      assertThat(psql.rows("SELECT * FROM settings").toString())
          .doesNotContain(Site.REPOSITORY_PASSWORD);
      assertThat(psql.rows("SELECT * FROM audit_log").toString())
          .doesNotContain(Site.REPOSITORY_PASSWORD);
      assertThat(site.configCache()).content().doesNotContain(Site.REPOSITORY_PASSWORD);
      assertThat(site.log()).doesNotContain(Site.REPOSITORY_PASSWORD);

      // The key is replaced: a new one before the old, the value anew, the old one gone.
      String old = Files.readString(keyFile());
      String fresh = secret(site, "", "new-key") + "\n";
      Files.writeString(keyFile(), fresh + old);
      psql.setting(
          "repository_password", secret(site, encrypted, "re-encrypt", "repository_password"));
      Files.writeString(keyFile(), fresh);
      new FaultyJobs(site).goOn("after");
      Books.balance(site);
    }
  }

  @Test
  void what_cannot_be_resolved_is_told_and_mended() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.setting("sync_interval_seconds", "5");
      psql.setting("repository_password", "file:main");
      psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      site.daemon();
      eventually()
          .untilAsserted(() ->
              assertThat(psql.rows("SELECT message FROM problems").toString())
                  .contains(
                      "setting \"repository_password\" refers to the file "
                          + directory.resolve("secrets/repository_password.main")
                          + ", which is not there"));
      Result status = site.holdfast("status");
      assertThat(status.exitCode()).isEqualTo(1);
      assertThat(status.out()).contains("Put the secret into that file.");
      Files.createDirectories(directory.resolve("secrets"));
      Files.writeString(
          directory.resolve("secrets/repository_password.main"), Site.REPOSITORY_PASSWORD + "\n");
      eventually()
          .until(() -> psql.rows("SELECT FROM problems WHERE code = 'setting-invalid'").isEmpty());
      new FaultyJobs(site).goOn("other");
      Books.balance(site);
    }
  }

  @Test
  void a_reference_that_cannot_be_meant_is_refused_as_it_is_typed() {
    ControlPlane psql = ControlPlane.fresh();
    for (String[] wrong :
        new String[][] {
          {"file:../../etc/shadow", "refers to a file by a name that is not allowed"},
          {"file:/etc/shadow", "refers to a file by a name that is not allowed"},
          {"env:HOME", "refers to a variable by a name that is not allowed for it"},
          {"env:HOLDFAST_SECRET_REPOSITORY_URL", "refers to a variable by a name that is not"},
          {"env:HOLDFAST_SECRET_REPOSITORY_PASSWORDS", "refers to a variable by a name that"},
          {"enc:v1:abc", "is no whole encrypted value"}
        }) {
      assertThatThrownBy(() -> psql.setting("repository_password", wrong[0]))
          .hasMessageContaining("\"repository_password\" " + wrong[1]);
    }
    psql.setting("repository_password", "file:repo.password");
    psql.setting("repository_environment", "env:HOLDFAST_SECRET_REPOSITORY_ENVIRONMENT_S3");
  }
}
