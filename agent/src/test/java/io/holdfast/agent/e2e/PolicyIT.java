package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.EnterableByAll;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the machine forbids, no row makes it do. */
class PolicyIT {

  @TempDir private Path directory;

  @Test
  void a_link_below_an_allowed_root_does_not_lead_out_of_it() throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      ControlPlane psql = site.controlPlane();
      Path allowed = site.source("allowed", 2);
      Path secret = site.source("secret", 2);
      Files.createSymbolicLink(allowed.resolve("way-out"), secret.getParent());
      Files.writeString(
          site.config(), "policy:\n  source_roots: " + allowed + "\n", StandardOpenOption.APPEND);
      psql.job(Site.DEVICE, "inside", allowed.toString());
      psql.job(Site.DEVICE, "outside", allowed.resolve("way-out/secret").toString());

      Result inside = site.holdfast("backup", "inside");
      Result outside = site.holdfast("backup", "outside");

      assertThat(inside.exitCode()).as(inside.out()).isZero();
      assertThat(outside.exitCode()).isEqualTo(1);
      assertThat(outside.out())
          .contains("leads by a link to where policy.source_roots does not allow");
      assertThat(site.runs("outside").getFirst())
          .containsEntry("outcome", "failed")
          .containsEntry("snapshot_id", null);
    }
  }

  @Test
  void where_others_may_exchange_a_directory_for_a_link_nothing_is_backed_up_and_the_run_says_so(
      @TempDir(factory = EnterableByAll.class) Path open) throws Exception {
    try (Site site = new Site(directory, ResticBinaries.current())) {
      Path shared = Files.createDirectories(open.resolve("shared"));
      Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.writeString(Files.createDirectory(shared.resolve("shared")).resolve("file"), "content");
      Files.writeString(
          site.config(), "policy:\n  source_roots: " + shared + "\n", StandardOpenOption.APPEND);
      site.controlPlane().job(Site.DEVICE, "shared", shared.resolve("shared").toString());
      Result ours = site.holdfast("backup", "shared");
      assertThat(ours.exitCode()).as(ours.all()).isZero();

      Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
      Result everybodys = site.holdfast("backup", "shared");
      Path real = shared.toRealPath();

      assertThat(everybodys.exitCode()).isEqualTo(1);
      assertThat(site.runs("shared").getLast())
          .containsEntry("outcome", "failed")
          .containsEntry("snapshot_id", null)
          .hasEntrySatisfying(
              "error_message",
              message ->
                  assertThat((String) message)
                      .contains(
                          "others than root may write to " + real,
                          "could lay a link there that leads out of policy.source_roots"));
    }
  }
}
