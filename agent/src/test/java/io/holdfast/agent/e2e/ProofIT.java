package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.FaultyJobs;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnCurrentRestic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a backup can be restored is tried, and told. */
class ProofIT {

  @TempDir private Path directory;

  private static void backUp(Site site, String job) {
    Result backup = site.holdfast("backup", job);
    assertThat(backup.exitCode()).as(backup.all()).isZero();
  }

  /** Turns bits in the middle of the largest pack file. */
  private static void damage(Site site) throws IOException {
    try (Stream<Path> files = Files.walk(site.repository().resolve("data"))) {
      Path pack =
          files
              .filter(Files::isRegularFile)
              .max(Comparator.comparingLong(file -> file.toFile().length()))
              .orElseThrow();
      Files.setPosixFilePermissions(pack, PosixFilePermissions.fromString("rw-------"));
      byte[] bytes = Files.readAllBytes(pack);
      for (int i = bytes.length / 4; i < bytes.length / 4 + 64; i++) {
        bytes[i] ^= 0x55;
      }
      Files.write(pack, bytes);
    }
  }

  @TestOnCurrentRestic
  void a_sample_comes_back_and_agrees_with_the_machine(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path source = site.source("home", 12);
      Files.writeString(source.resolve("odd [1] *?\\ name"), "odd");
      Files.writeString(source.resolve("1700000000.M1P2.host:2,S"), "as in a Maildir");
      psql.job(Site.DEVICE, "home", source.toString());
      backUp(site, "home");
      Files.writeString(source.resolve("file-3"), "written since");

      Result proof = site.holdfast("prove", "home", "--files", "40");

      assertThat(proof.exitCode()).as(proof.all()).isZero();
      assertThat(psql.row("SELECT outcome, code, files, with_source, failures FROM verifications"))
          .containsEntry("outcome", "success")
          .containsEntry("files", 14)
          .containsEntry("with_source", 13);
      assertThat(site.state().resolve("scratch")).doesNotExist();
    }
  }

  @TestOnCurrentRestic
  void a_damaged_pack_fails_the_proof_which_names_the_files_and_raises_a_problem(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      Path source = new FaultyJobs(site).randomSource("home", 3_000);
      UUID job = psql.job(Site.DEVICE, "home", source.toString());
      backUp(site, "home");
      damage(site);

      Result proof = site.holdfast("prove", "home");

      assertThat(proof.exitCode()).as(proof.all()).isEqualTo(1);
      assertThat(proof.out()).contains("! " + source.resolve("random"));
      assertThat(
              psql.row(
                  "SELECT outcome, code, failures[1] AS first FROM verifications WHERE job_id = ?",
                  job))
          .containsEntry("outcome", "failed")
          .containsEntry("code", "proof-failed")
          .containsEntry("first", source.resolve("random").toString());
      assertThat(
              psql.row("SELECT message FROM problems WHERE source = 'proof'")
                  .get("message")
                  .toString())
          .contains("the restore test failed: 1 of 1 files did not come back")
          .doesNotContain(Site.REPOSITORY_PASSWORD);
    }
  }

  @Test
  void a_test_of_nothing_is_no_proof() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 2).toString());
      psql.execute("UPDATE backup_jobs SET verify_bytes = 1 WHERE id = ?", job);
      backUp(site, "home");

      assertThat(site.holdfast("prove", "home", "--files", "0").exitCode()).isEqualTo(2);
      Result proof = site.holdfast("prove", "home");

      assertThat(proof.exitCode()).as(proof.all()).isEqualTo(1);
      assertThat(proof.out()).contains("none of the snapshot's 2 files could be tested");
      assertThat(psql.row("SELECT outcome, code FROM verifications"))
          .containsEntry("outcome", "failed")
          .containsEntry("code", "sample-empty");
    }
  }

  @Test
  void what_did_not_come_back_stays_a_problem_while_the_repository_is_away() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      psql.job(Site.DEVICE, "home", new FaultyJobs(site).randomSource("home", 3_000).toString());
      backUp(site, "home");
      damage(site);
      assertThat(site.holdfast("prove", "home").exitCode()).isEqualTo(1);
      Path away = Files.move(site.repository(), directory.resolve("away"));
      assertThat(site.holdfast("prove", "home").exitCode()).isEqualTo(1);
      Files.move(away, site.repository());
      assertThat(
              psql.rows("SELECT code FROM problems WHERE source = 'proof' ORDER BY code")
                  .toString())
          .contains("proof-failed", "repository-unreachable");
    }
  }

  @Test
  void what_failed_once_is_tested_until_it_comes_back() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path source = site.source("home", 40);
      Path file = source.resolve("file-7");
      byte[] asItWas = Files.readAllBytes(file);
      FileTime time = Files.getLastModifiedTime(file);
      psql.job(Site.DEVICE, "home", source.toString());
      backUp(site, "home");
      Files.write(file, new byte[asItWas.length]);
      Files.setLastModifiedTime(file, time);
      assertThat(site.holdfast("prove", "home", "--files", "80").exitCode()).isEqualTo(1);

      for (int i = 0; i < 3; i++) {
        Result smaller = site.holdfast("prove", "home", "--files", "1");
        assertThat(smaller.exitCode()).as(smaller.all()).isEqualTo(1);
      }
      Files.write(file, asItWas);
      Files.setLastModifiedTime(file, time);

      assertThat(site.holdfast("prove", "home", "--files", "1").exitCode()).isZero();
      assertThat(psql.rows("SELECT FROM problems WHERE source = 'proof'")).isEmpty();
      assertThat(site.state().resolve("failed-proofs.json")).content().isEqualTo("{}");
    }
  }

  @Test
  void a_source_that_changed_its_content_and_nothing_else_is_found() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path source = site.source("home", 2);
      Path file = Files.writeString(source.resolve("precious"), "as it was");
      psql.job(Site.DEVICE, "home", source.toString());
      backUp(site, "home");
      FileTime time = Files.getLastModifiedTime(file);
      Files.writeString(file, "AS IT WAS");
      Files.setLastModifiedTime(file, time);

      Result proof = site.holdfast("prove", "home");

      assertThat(proof.exitCode()).isEqualTo(1);
      assertThat(proof.out())
          .contains("! " + file)
          .contains("it differs from the machine's own, which looks unchanged");
      Files.writeString(file, "as it was");
      Files.setLastModifiedTime(file, time);
      assertThat(site.holdfast("prove", "home").exitCode()).isZero();
      assertThat(psql.rows("SELECT FROM problems WHERE source = 'proof'")).isEmpty();
    }
  }

  @TestOnCurrentRestic
  void a_proof_stands_on_the_snapshot_whichever_of_them_is_known_first(Path restic)
      throws Exception {
    try (Site site = new Site(directory, restic)) {
      ControlPlane psql = site.controlPlane();
      psql.job(Site.DEVICE, "home", site.source("home", 3).toString());
      backUp(site, "home");
      psql.execute("DELETE FROM snapshots");
      assertThat(site.holdfast("prove", "home").exitCode()).isZero();
      psql.execute("UPDATE devices SET housekeeper = true");

      assertThat(site.holdfast("housekeep", "catalogue").exitCode()).isZero();

      assertThat(psql.row("SELECT verified, verified_at IS NOT NULL AS told FROM snapshots"))
          .containsEntry("verified", true)
          .containsEntry("told", true);
    }
  }

  @Test
  void a_job_without_a_proof_in_time_is_a_problem_until_there_is_one() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      UUID job = psql.job(Site.DEVICE, "home", site.source("home", 3).toString());
      psql.execute(
          "UPDATE backup_jobs SET verify_max_age_seconds = 3600, created_at = now() - interval '2 hours' WHERE id = ?",
          job);
      psql.rows("SELECT holdfast.tell_of_proofs()");
      assertThat(psql.rows("SELECT job_name FROM unproven_jobs")).hasSize(1);
      assertThat(psql.row("SELECT code, job_id FROM problems WHERE source = 'proof'"))
          .containsEntry("code", "proof-overdue")
          .containsEntry("job_id", job);
      assertThat(site.holdfast("prove", "home").exitCode()).as("there is no snapshot").isEqualTo(1);
      backUp(site, "home");
      assertThat(site.holdfast("prove", "home").exitCode()).isZero();
      assertThat(psql.rows("SELECT FROM problems WHERE source = 'proof'")).isEmpty();
      assertThat(psql.rows("SELECT FROM unproven_jobs")).isEmpty();
    }
  }
}
