package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.OddTree;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.RunningRestic;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.io.TempDir;

/** What 'holdfast backup' has taken, 'holdfast restore' gives back, whatever it is called. */
class RestoreTreeIT {

  @TempDir private Path directory;

  private static boolean isOld(Path restic) {
    return Program.run(Map.of(), List.of(restic.toString(), "version"))
        .out()
        .startsWith("restic 0.14");
  }

  @TestOnEveryRestic
  void a_tree_of_odd_things_comes_back_as_it_was(Path restic) throws Exception {
    try (Site site = new Site(directory, restic)) {
      Path source = site.directory().resolve("src/odd");
      OddTree.plant(source);
      SortedMap<String, String> before = OddTree.account(source);
      assertThat(before).as("the tree that the test has made").hasSizeGreaterThan(60);
      assertThat(OddTree.nameWithoutUtf8(before)).isPresent();
      site.controlPlane().job(Site.DEVICE, "odd", source.toString());
      assertThat(site.holdfast("backup", "odd"))
          .satisfies(r -> assertThat(r.exitCode()).as(r.all()).isZero());

      Path target = directory.resolve("back/deep");
      Result restored = site.holdfast("restore", "odd", "--to", target.toString(), "--verify");
      assertThat(restored.exitCode()).as(restored.all()).isZero();
      assertThat(restored.out()).contains("success after").containsPattern("restored  \\d+ files");
      assertThat(restored.err()).contains("(job \"odd\") to " + target);
      Path back = Path.of(target + source.toString());
      assertThat(OddTree.account(back)).isEqualTo(before);

      // 0.14 knows no --sparse: the content is the same, and takes its whole size.
      if (isOld(restic)) {
        assertThat(OddTree.bytesOnDisk(back.resolve("sparse"))).isGreaterThan(32 << 20);
      } else {
        assertThat(OddTree.bytesOnDisk(back.resolve("sparse"))).isLessThan(4 << 20);
      }
      assertThat(RunningRestic.locks(site)).isEmpty();
      assertThat(site.state().resolve("private")).isEmptyDirectory();
      Result list = site.holdfast("ls", "odd", "--recursive");
      assertThat(list.out())
          .contains("new\\nline", "\\u001b[31mred", "dangling")
          .doesNotContain("\u001b");
      Files.delete(back.resolve("sparse"));
      assertThat(OddTree.account(back)).as("the account tells trees apart").isNotEqualTo(before);
    }
  }
}
