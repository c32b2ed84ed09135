package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
}
