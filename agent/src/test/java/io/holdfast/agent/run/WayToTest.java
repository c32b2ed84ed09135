package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.EnterableByAll;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who else may decide where a path leads. */
class WayToTest {

  private static final int NOBODY = 65534;

  @TempDir(factory = EnterableByAll.class)
  private Path closed;

  private Path open;
  private Path source;

  /** Below a directory that anybody may enter and nobody else may write to. */
  @BeforeEach
  void directories() throws IOException {
    closed = closed.toRealPath();
    open = directory(closed.resolve("open"), 0755);
    source = directory(open.resolve("source"), 0755);
  }

  private static Path directory(Path path, int mode) throws IOException {
    Files.createDirectory(path);
    return mode(path, mode);
  }

  private static Path mode(Path path, int mode) throws IOException {
    Files.setAttribute(path, "unix:mode", mode);
    return path;
  }

  private static void give(Path path) throws IOException {
    Files.setAttribute(path, "unix:uid", NOBODY);
  }

  @Test
  void what_only_we_may_write_to_is_safe_although_all_may_enter() {
    assertThat(WayTo.of(source).whereOthersMayExchange()).isEmpty();
    assertThat(WayTo.of(source).whereOthersMayWrite()).isEmpty();
    assertThat(WayTo.of(source.resolve("not/there")).whereOthersMayWrite()).isEmpty();
  }

  @Test
  void a_directory_that_the_group_or_all_may_write_to_exposes_what_lies_in_it() throws IOException {
    for (int mode : new int[] {0775, 0757, 0777}) {
      mode(open, mode);
      assertThat(WayTo.of(source).whereOthersMayExchange()).contains(open);
      assertThat(WayTo.of(source.resolve("deeper")).whereOthersMayExchange()).contains(open);
      assertThat(WayTo.of(open).whereOthersMayExchange()).isEmpty();
      assertThat(WayTo.of(open).whereOthersMayWrite()).contains(open);
    }
  }

  @Test
  void what_others_cannot_enter_is_safe_from_them() throws IOException {
    mode(open, 0777);
    mode(closed, 0700);
    assertThat(WayTo.of(source).whereOthersMayExchange()).isEmpty();
  }

  @Test
  void where_each_may_rename_only_what_is_his_ours_is_safe_and_what_is_not_there_is_not()
      throws IOException {
    mode(open, 01777);
    assertThat(WayTo.of(source).whereOthersMayExchange()).isEmpty();
    assertThat(WayTo.of(open.resolve("not-there/yet")).whereOthersMayExchange()).contains(open);
    assertThat(WayTo.of(open).whereOthersMayWrite()).contains(open);
  }

  @WantsRoot
  @Test
  void what_belongs_to_another_is_in_his_hands() throws IOException {
    mode(open, 01777);
    give(source);
    assertThat(WayTo.of(source).whereOthersMayExchange()).contains(open);
    mode(open, 0755);
    assertThat(WayTo.of(source).whereOthersMayExchange()).isEmpty();
    assertThat(WayTo.of(source).whereOthersMayWrite()).contains(source);
    assertThat(WayTo.of(source.resolve("deeper")).whereOthersMayExchange()).contains(source);
  }
}
