package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.AdminRestic;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.SmallDisk;
import io.holdfast.agent.testing.TestOnEveryRestic;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore that is ended in the middle, and one that the disk does not take. */
class RestoreInterruptedIT {

  @TempDir private Path directory;

  /** A restic that reads its repository so slowly that a restore lasts for a while. */
  private Site slowSite(Path restic) throws IOException {
    Path slow =
        ResticBinaries.script(
            directory.resolve("slow-restic"),
            """
            #!/bin/sh
            exec '%s' --limit-download=2000 "$@"
            """
                .formatted(restic));
    Site site = new Site(directory, slow);
    byte[] noise = new byte[40 << 20];
    new Random(5).nextBytes(noise);
    Files.write(site.source("noise", 1).resolve("noise"), noise);
    site.controlPlane().job(Site.DEVICE, "noise", site.directory().resolve("src/noise").toString());
    return site;
  }

  private Process start(Site site, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile());
    builder
        .environment()
        .putAll(Map.of("HOLDFAST_CONFIG", site.config().toString(), "HOME", directory.toString()));
    return builder.start();
  }

  @TestOnEveryRestic
  void ctrl_c_ends_it_at_once_and_leaves_no_lock_and_no_password(Path restic) throws Exception {
    try (Site site = slowSite(restic)) {
      assertThat(site.holdfast("backup", "noise").exitCode()).isZero();
      Process restore =
          start(site, "restore", "noise", "--to", directory.resolve("out").toString());
      try {
        eventually().until(() -> RunningRestic.isAtWork(site));
        RunningRestic.signal(restore.toHandle(), "INT");
        assertThat(restore.waitFor(2, TimeUnit.MINUTES)).isTrue();
      } finally {
        restore.descendants().forEach(ProcessHandle::destroyForcibly);
        restore.destroyForcibly();
      }
      String output = Files.readString(directory.resolve("output"), StandardCharsets.UTF_8);
      assertThat(restore.exitValue()).as(output).isEqualTo(130);
      assertThat(output)
          .contains("cancelled after", "the restore was cancelled")
          .doesNotContain(Site.REPOSITORY_PASSWORD, "Exception");
      assertThat(site.repository().resolve("locks")).isEmptyDirectory();
      assertThat(site.state().resolve("private")).isEmptyDirectory();
    }
  }

  @WantsRoot
  @TestOnEveryRestic
  void what_the_disk_does_not_take_is_named_and_the_rest_comes_back(Path restic) throws Exception {
    try (Site site = new Site(directory, restic);
        SmallDisk disk = SmallDisk.at(directory.resolve("small"), 2)) {
      Path source = site.source("home", 3);
      byte[] noise = new byte[4 << 20];
      new Random(5).nextBytes(noise);
      Files.write(source.resolve("too large"), noise);
      site.controlPlane().job(Site.DEVICE, "home", source.toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      Path target = disk.directory();
      Program.Result result = site.holdfast("restore", "home", "--to", target.toString());
      assertThat(result.exitCode()).as(result.all()).isEqualTo(3);
      assertThat(result.out())
          .contains("partial after", "/too large: ", "no space left on device")
          .contains("files or directories were not restored");
      // Small ones may find the disk full as well: what is not named must be whole.
      for (String name : List.of("file-0", "file-1", "file-2", "too large")) {
        if (!result.out().contains("/" + name + ": ")) {
          assertThat(Path.of(target + source.resolve(name).toString()))
              .hasSameBinaryContentAs(source.resolve(name));
        }
      }
    }
  }

  @Test
  void a_repository_that_somebody_holds_is_waited_for_and_read_without_a_lock_if_so_wished()
      throws Exception {
    Path restic = ResticBinaries.current();
    try (Site site = new Site(directory, restic)) {
      Path source = site.source("home", 3);
      byte[] noise = new byte[2 << 20];
      new Random(5).nextBytes(noise);
      Files.write(source.resolve("noise"), noise);
      site.controlPlane().job(Site.DEVICE, "home", source.toString());
      assertThat(site.holdfast("backup", "home").exitCode()).isZero();
      try (AdminRestic.Holder _ = new AdminRestic(restic, site).exclusiveLock()) {
        assertThat(site.holdfast("snapshots").out()).contains("home");
        Program.Result refused = site.holdfast("ls", "home");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("is locked by another restic process", "--no-lock");
        String to = directory.resolve("out").toString();
        assertThat(site.holdfast("restore", "home", "--to", to, "--no-lock").exitCode()).isZero();
        assertThat(Path.of(to + source.toString()).resolve("noise"))
            .hasSameBinaryContentAs(source.resolve("noise"));
      }
    }
  }
}
