package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.restore.PermittedTarget.Forbidden;
import io.holdfast.agent.testing.EnterableByAll;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a row may have files written on this machine. */
class PermittedTargetTest {

  @TempDir private Path directory;
  private Path root;
  private Path state;
  private Path outside;

  @BeforeEach
  void directories() throws IOException {
    directory = directory.toRealPath();
    root = Files.createDirectories(directory.resolve("root"));
    state = Files.createDirectories(root.resolve("lib/holdfast"));
    outside = Files.createDirectories(directory.resolve("outside"));
  }

  private PermittedTarget with(Path... roots) {
    Policy.Rule rule =
        new Policy.Rule(
            Arrays.stream(roots).map(Path::toString).toList(), "/etc/holdfast/holdfast.yaml:9");
    return new PermittedTarget(
        new Policy(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(rule), false),
        Path.of("/etc/holdfast/holdfast.yaml"),
        List.of(state));
  }

  private static void refused(PermittedTarget permitted, Path target, String... words) {
    assertThatThrownBy(() -> permitted.check(target))
        .isInstanceOf(Forbidden.class)
        .hasMessageContainingAll(words)
        .satisfies(e -> assertThat(((Forbidden) e).remedy()).isNotBlank());
  }

  @Test
  void without_the_rule_nothing_may_be_written_anywhere() {
    refused(
        new PermittedTarget(Policy.NONE, Path.of("/etc/holdfast/holdfast.yaml"), List.of()),
        root.resolve("new"),
        "this machine lets no row restore anything",
        "/etc/holdfast/holdfast.yaml has no policy.restore_roots");
  }

  @Test
  void a_rule_that_names_nothing_allows_nothing() {
    refused(with(), root.resolve("new"), "does not lie within", "holdfast.yaml:9");
  }

  @Test
  void what_lies_below_a_root_is_allowed_and_the_root_itself() throws Exception {
    Path elsewhere = Files.createDirectories(directory.resolve("else"));
    assertThat(with(outside, elsewhere).check(elsewhere.resolve("a/b")))
        .isEqualTo(elsewhere.resolve("a/b"));
    assertThat(with(elsewhere).check(elsewhere)).isEqualTo(elsewhere);
    assertThat(with(elsewhere).check(outside.resolve("../else/new")))
        .isEqualTo(elsewhere.resolve("new"));
  }

  @Test
  void what_only_begins_with_the_same_letters_is_not() {
    refused(with(root), directory.resolve("root-of-another"), "does not lie within", ":9");
    refused(with(root), root.resolve("../outside"), "does not lie within");
  }

  @Test
  void a_link_counts_by_where_it_leads_in_the_middle_and_at_the_end() throws Exception {
    Files.createSymbolicLink(root.resolve("way-out"), outside);
    refused(with(root), root.resolve("way-out"), "which leads to " + outside, ":9");
    refused(with(root), root.resolve("way-out/new"), "which leads to " + outside.resolve("new"));
    Files.createSymbolicLink(outside.resolve("way-in"), Files.createDirectory(root.resolve("in")));
    assertThat(with(root).check(outside.resolve("way-in/new"))).isEqualTo(root.resolve("in/new"));
  }

  @Test
  void a_root_that_is_itself_a_link_means_where_it_leads() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), outside);
    assertThat(with(link).check(link.resolve("new"))).isEqualTo(outside.resolve("new"));
  }

  @Test
  void a_link_that_leads_nowhere_is_refused() throws IOException {
    Files.createSymbolicLink(root.resolve("nowhere"), outside.resolve("not-there"));
    refused(with(root), root.resolve("nowhere"), "is a link that leads nowhere");
    refused(with(root), root.resolve("nowhere/new"), "is a link that leads nowhere");
  }

  @Test
  void the_root_of_the_file_system_and_the_agents_own_directories_are_refused_whatever_the_rule() {
    PermittedTarget everything = with(Path.of("/"));
    refused(everything, Path.of("/"), "is the root of a file system");
    refused(everything, state, "the agent's own directory " + state);
    refused(everything, state.resolve("spool/new"), "lie within each other");
    refused(everything, root.resolve("lib"), "lie within each other");
    refused(everything, root.resolve("../root"), "lie within each other");
  }

  @Test
  void a_link_to_the_agents_own_directory_is_refused_too() throws IOException {
    Files.createSymbolicLink(outside.resolve("link"), state.getParent());
    refused(with(Path.of("/")), outside.resolve("link/holdfast"), "lie within each other");
  }

  @Test
  void content_with_a_link_that_leads_out_is_refused_and_one_that_stays_within_is_not()
      throws Exception {
    Path target = Files.createDirectories(root.resolve("there/srv"));
    Files.createSymbolicLink(target.resolve("inside"), root.resolve("there"));
    with(root).checkContent(root.resolve("there"));
    Path way = Files.createSymbolicLink(target.resolve("out"), Path.of("../../../outside"));
    assertThatThrownBy(() -> with(root).checkContent(root.resolve("there")))
        .isInstanceOf(Forbidden.class)
        .hasMessageContainingAll(way.toString(), "is a link", "holdfast.yaml:9");
    Files.delete(way);
    Files.createSymbolicLink(way, outside.resolve("not-there-yet"));
    assertThatThrownBy(() -> with(root).checkContent(root.resolve("there")))
        .isInstanceOf(Forbidden.class);
    Files.delete(way);
    Files.createSymbolicLink(way, state);
    assertThatThrownBy(() -> with(root).checkContent(root.resolve("there")))
        .isInstanceOf(Forbidden.class);
  }

  @Test
  void where_others_may_lay_a_link_no_row_has_anything_written(
      @TempDir(factory = EnterableByAll.class) Path open) throws IOException {
    Path shared = Files.createDirectories(open.toRealPath().resolve("shared"));
    assertThatCode(() -> with(open).check(shared)).doesNotThrowAnyException();
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwx---"));
    String sentence = "others than root may write to " + shared;
    refused(with(open), shared, sentence);
    refused(with(open), shared.resolve("new"), sentence);
    assertThatCode(() -> with(open).check(open.resolve("other"))).doesNotThrowAnyException();
  }
}
