package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.HandMade;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

/** A machine that is new: nothing of the old one is left but the repository and its password. */
class RecoverIT {

  @TempDir private Path directory;
  @TempDir private Path newMachine;

  private Path passwordFile(String password) throws IOException {
    return Files.writeString(newMachine.resolve("password"), password + "\n");
  }

  private Result recover(Map<String, String> more, Path restic, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST, "recover"));
    command.addAll(List.of("--restic", restic.toString()));
    command.addAll(List.of(arguments));
    Map<String, String> environment = new HashMap<>(more);
    environment.put("HOME", newMachine.toString());
    environment.put("HOLDFAST_CONFIG", newMachine.resolve("none.yaml").toString());
    environment.put(
        "JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + Files.createDirectories(temporary()));
    return Program.run(environment, command);
  }

  private Path temporary() {
    return newMachine.resolve("tmp");
  }

  @TestOnCurrentRestic
  void the_repository_and_its_password_are_enough(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path www = site.source("www", 3);
      UUID job = site.controlPlane().job(Site.DEVICE, "www", www.toString());
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      assertThat(site.holdfast("backup", "www").exitCode()).isZero();
      HandMade others = new HandMade(restic, site);
      others.snapshot("db-01", UUID.randomUUID(), "db", "2026-01-15 12:00:00", www);
      others.byHand(www);
      String url = site.repository().toString();
      String password = passwordFile(Site.REPOSITORY_PASSWORD).toString();

      Result list =
          recover(
              Map.of("HOLDFAST_REPOSITORY", url), restic, "--password-file", password, "--json");
      assertThat(list.exitCode()).as(list.all()).isZero();
      JsonNode jobs = new ObjectMapper().readTree(list.out());
      assertThat(jobs).hasSize(3);
      assertThat(jobs.findValuesAsText("device_id")).containsExactly("db-01", Site.DEVICE);
      assertThat(jobs.path(1).path("job_id").asText()).isEqualTo(job.toString());
      assertThat(jobs.path(1).path("snapshots").asInt()).isEqualTo(2);
      assertThat(jobs.path(1).path("newest_id").asText())
          .isEqualTo(site.restic("snapshots").findValuesAsText("id").get(2));

      String to = newMachine.resolve("back").toString();
      Result restored =
          recover(
              Map.of("RESTIC_REPOSITORY", url),
              restic,
              "--password-file",
              password,
              "--restore",
              job.toString(),
              "--to",
              to);
      assertThat(restored.exitCode()).as(restored.all()).isZero();
      assertThat(Path.of(to + www.resolve("file-2").toString()))
          .hasSameBinaryContentAs(www.resolve("file-2"));
      assertThat(temporary()).as("what restic needed").isEmptyDirectory();
      assertThat(newMachine.toFile().list()).containsExactlyInAnyOrder("back", "password", "tmp");
      assertThat(site.repository().resolve("locks")).isEmptyDirectory();
      assertThat(list.all() + restored.all()).doesNotContain(Site.REPOSITORY_PASSWORD);
    }
  }

  @TestOnCurrentRestic
  void what_is_missing_or_wrong_is_said_without_a_word_of_settings(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      new HandMade(restic, site).byHand(site.source("www", 1));
      String url = site.repository().toString();
      String wrong = passwordFile("wrong-password-1618").toString();
      Result refused = recover(Map.of(), restic, "-r", url, "--password-file", wrong);
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err())
          .contains("refuses the password", "Give the password that the repository has.")
          .doesNotContain("setting", "1618");
      assertThat(recover(Map.of(), restic, "-r", url + "-no", "--password-file", wrong).err())
          .contains("there is no restic repository at " + url + "-no", "Check --repository");
      assertThat(recover(Map.of(), restic, "--password-file", wrong))
          .satisfies(r -> assertThat(r.exitCode()).isEqualTo(2))
          .satisfies(r -> assertThat(r.err()).contains("it is not said which repository"));
      assertThat(recover(Map.of(), restic, "-r", url).err())
          .contains("it is not said what the repository's password is");
      // Standard input is empty here.
      assertThat(recover(Map.of(), restic, "-r", url, "--password-file", "-").err())
          .contains("the repository's password is empty");
      assertThat(
              recover(
                      Map.of(),
                      restic,
                      "-r",
                      "rest:https://user:secret-1618@nas/",
                      "--password-file",
                      wrong)
                  .all())
          .contains("holds a password, and other users can read command lines")
          .doesNotContain("secret-1618");
      String right = passwordFile(Site.REPOSITORY_PASSWORD).toString();
      assertThat(
              recover(
                      Map.of(),
                      restic,
                      "-r",
                      url,
                      "--password-file",
                      right,
                      "--restore",
                      UUID.randomUUID().toString(),
                      "--to",
                      newMachine.resolve("x").toString())
                  .err())
          .contains("the repository has no job", "no snapshot is tagged with it");
      assertThat(temporary()).isEmptyDirectory();
    }
  }
}
