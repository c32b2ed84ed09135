package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names that are not ASCII, of everything that has a name, where the agent is started: by cron and
 * in containers without a locale, by ssh with one that this machine does not have.
 */
class LocaleIT {

  private static final String NAME = "Müller Übung 日本";

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {"", "LC_ALL=C", "LANG=POSIX", "LANG=de_DE.UTF-8", "LC_ALL=xx_XX.ISO-8859-1"})
  void names_are_utf_8_whatever_the_locale(String locale) throws Exception {
    Path place = Files.createDirectories(directory.resolve(NAME));
    try (Site site = new Site(place, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.execute("UPDATE devices SET name = ?", "Gerät " + NAME);
      Path source = site.source(NAME, 2);
      Files.writeString(source.resolve("ä ö ü"), "Größe");
      psql.job(Site.DEVICE, NAME, source.toString());

      succeeds(site, locale, "backup", NAME);
      assertThat(psql.row("SELECT outcome, job_name FROM runs"))
          .containsEntry("outcome", "success")
          .containsEntry("job_name", NAME);
      JsonNode snapshot = site.restic("snapshots").get(0);
      assertThat(snapshot.path("hostname").asText()).isEqualTo("Gerät " + NAME);
      assertThat(snapshot.path("tags").toString()).contains("backup_name=" + NAME);
      assertThat(snapshot.path("paths").get(0).asText()).isEqualTo(source.toString());

      assertThat(succeeds(site, locale, "jobs").out()).contains(NAME);
      succeeds(site, locale, "prove", NAME);
      assertThat(psql.row("SELECT outcome, files FROM verifications"))
          .containsEntry("outcome", "success")
          .containsEntry("files", 3);
      Path to = place.resolve("Wiederhergestellt ü");
      succeeds(site, locale, "restore", NAME, "--to=" + to);
      assertThat(to.resolve(source.toString().substring(1)).resolve("ä ö ü")).hasContent("Größe");
      // The daemon that it misses is none of the machine's faults here.
      assertThat(run(site, locale, "doctor").out()).doesNotContain("error", "?");
    }
  }

  private static Result succeeds(Site site, String locale, String... arguments) {
    Result result = run(site, locale, arguments);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result;
  }

  /** As it is started there: with nothing in its environment but this. */
  private static Result run(Site site, String locale, String... arguments) {
    List<String> command = new ArrayList<>(List.of("env", "-i", "PATH=" + System.getenv("PATH")));
    command.add("HOLDFAST_CONFIG=" + site.config());
    command.add("HOME=" + site.directory());
    if (!locale.isEmpty()) {
      command.add(locale);
    }
    command.add(Program.HOLDFAST);
    command.addAll(List.of(arguments));
    return Program.run(Map.of(), command);
  }
}
