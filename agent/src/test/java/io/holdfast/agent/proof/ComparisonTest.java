package io.holdfast.agent.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.proof.Comparison.Result;
import io.holdfast.agent.restic.TreeNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {

  private static final Instant THEN = Instant.parse("2026-03-10T12:00:00.123456789Z");

  @TempDir private Path directory;

  private Path file(String name, String content) throws IOException {
    Path file = Files.writeString(directory.resolve(name), content);
    Files.setLastModifiedTime(file, FileTime.from(THEN));
    return file;
  }

  private static TreeNode node(String path, long size) {
    return new TreeNode(path, "file", "-rw-r--r--", 0, 0, OptionalLong.of(size), Optional.of(THEN));
  }

  @Test
  void what_is_the_same_on_the_machine_is_said_to_be_so() throws Exception {
    Path own = file("own", "content");
    assertThat(Comparison.of(node(own.toString(), 7), file("restored", "content")))
        .isEqualTo(Result.SAME);
    assertThat(Comparison.of(node(own.toString(), 7), file("restored", "CONTENT")))
        .isEqualTo(Result.DIFFERENT);
  }

  @Test
  void what_the_machine_has_no_more_or_not_as_it_was_is_not_compared() throws Exception {
    Path restored = file("restored", "content");
    assertThat(Comparison.of(node("/nowhere/file", 7), restored)).isEqualTo(Result.RESTORED);
    Path longer = file("longer", "content and more");
    assertThat(Comparison.of(node(longer.toString(), 7), restored)).isEqualTo(Result.RESTORED);
  }

  @Test
  void what_did_not_come_back_is_missing_though_the_machine_has_it() throws Exception {
    Path own = file("own", "content");
    assertThat(Comparison.of(node(own.toString(), 7), directory.resolve("none")))
        .isEqualTo(Result.MISSING);
    assertThat(Comparison.of(node(own.toString(), 7), file("short", "cont")))
        .isEqualTo(Result.MISSING);
  }

  @Test
  void a_file_of_the_machine_that_cannot_be_read_says_nothing_against_the_backup()
      throws Exception {
    // A regular file of size 0 that every open or read of is refused, also to root.
    Path unreadable = Path.of("/proc/self/mem");
    Instant time = Files.getLastModifiedTime(unreadable).toInstant();
    TreeNode node =
        new TreeNode(
            unreadable.toString(),
            "file",
            "-rw-------",
            0,
            0,
            OptionalLong.of(0),
            Optional.of(time));
    assertThat(Comparison.of(node, file("empty", ""))).isEqualTo(Result.RESTORED);
  }
}
