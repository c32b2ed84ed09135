package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.EnterableByAll;
import io.holdfast.agent.testing.PgBouncer;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.embedded.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pooler between, which gives each transaction whichever connection is free. */
class PgBouncerIT {

  @TempDir(factory = EnterableByAll.class)
  private Path directory;

  private void work(Work work) throws Exception {
    try (BreakableServer server = BreakableServer.startIn(directory.resolve("server"))) {
      ControlPlane psql = server.controlPlane();
      String port = psql.url().replaceFirst(".*?:(\\d+)/.*", "$1");
      try (PgBouncer bouncer =
              new PgBouncer(directory.resolve("pgbouncer"), Integer.parseInt(port));
          Site site =
              new Site(
                  Files.createDirectories(directory.resolve("site")),
                  ResticBinaries.current(),
                  psql,
                  "connectTimeout=60")) {
        Files.writeString(
            site.config(),
            Files.readString(site.config()).replace(":" + port + "/", ":" + bouncer.port() + "/"));
        work.with(site, bouncer);
      }
    }
  }

  @FunctionalInterface
  private interface Work {
    void with(Site site, PgBouncer bouncer) throws Exception;
  }

  private static String[] asMember(Site site, PgBouncer bouncer, String group, String... arguments)
      throws Exception {
    DatabaseAddress login = site.controlPlane().member(group, "member-password");
    Path file = Files.writeString(site.directory().resolve("member-password"), "member-password\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--password-file=" + file);
    all.add(
        "--database-url=postgresql://"
            + login.user().orElseThrow()
            + "@127.0.0.1:"
            + bouncer.port()
            + "/"
            + site.controlPlane().database());
    return all.toArray(String[]::new);
  }

  @Test
  void everything_works_through_it_by_the_url_of_the_readme() throws Exception {
    work((site, bouncer) -> {
      site.controlPlane().setting("push", "false");
      site.controlPlane().job(Site.DEVICE, "home", site.source("home", 3).toString());
      for (int i = 0; i < 3; i++) {
        for (String command : List.of("sync", "jobs", "rotate-credential")) {
          succeeds(site, command);
        }
        succeeds(site, "backup", "home");
      }
      assertThat(site.runs("home")).hasSize(3);
      String token =
          succeeds(site, asMember(site, bouncer, "backup_admin", "enrol-token", "--device=web-01"))
              .out()
              .strip();
      Path config = site.directory().resolve("joined/holdfast.yaml");
      succeeds(
          site,
          "register",
          "--token=" + token,
          "--config=" + config,
          "--state-directory=" + site.directory().resolve("joined/state"));
      succeeds(site, asMember(site, bouncer, TestPostgres.OWNER, "migrate"));
      assertThat(
              succeeds(site, asMember(site, bouncer, TestPostgres.OWNER, "migrate", "--status"))
                  .out())
          .doesNotContain("Pending");
      site.daemon();
      site.controlPlane()
          .everySeconds(
              site.controlPlane().job(Site.DEVICE, "often", site.source("often", 3).toString()), 1);
      site.awaitRuns("often", 8);
      assertThat(site.controlPlane().rows("SELECT message FROM problems")).isEmpty();
      assertThat(site.log()).doesNotContain("prepared statement");
    });
  }

  private static Result succeeds(Site site, String... arguments) {
    Result result = site.holdfast(arguments);
    assertThat(result.exitCode()).as("%s: %s", List.of(arguments), result.all()).isZero();
    return result;
  }

  @Test
  void a_url_that_has_statements_prepared_by_name_is_told_what_stands_in_the_way()
      throws Exception {
    work((site, bouncer) -> {
      Files.writeString(
          site.config(),
          Files.readString(site.config())
              .replace("connectTimeout=60", "connectTimeout=60&prepareThreshold=1"));
      Result refused = site.holdfast("sync");
      for (int i = 0; i < 5 && refused.exitCode() == 0; i++) {
        refused = site.holdfast("sync");
      }
      assertThat(refused.exitCode()).as(refused.all()).isEqualTo(6);
      assertThat(refused.err())
          .contains("is behind a pooler such as PgBouncer", "prepared statement")
          .contains("Take prepareThreshold out of the URL")
          .doesNotContain("report it as a bug", "\tat ");
    });
  }
}
