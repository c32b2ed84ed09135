package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.restic.RestoreOrder;
import io.holdfast.agent.restic.RestoreOrder.Overwrite;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.restore.CannotRestore.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be asked for, and where it may be written. */
class RestoreWishTest {

  private static final SnapshotEntry SNAPSHOT =
      new SnapshotEntry("a".repeat(64), Instant.EPOCH, "h", List.of("/srv"), List.of());

  @TempDir private Path directory;

  private static RestoreWish to(Path target, boolean intoExisting) {
    return new RestoreWish(
        Optional.of(target),
        false,
        intoExisting,
        Optional.empty(),
        List.of(),
        List.of(),
        false,
        false);
  }

  private static RestoreWish of(
      Optional<Path> to,
      boolean inPlace,
      Optional<Overwrite> overwrite,
      List<String> includes,
      List<String> excludes) {
    return new RestoreWish(to, inPlace, false, overwrite, includes, excludes, false, false);
  }

  private static void misspoken(RestoreWish wish, String said) {
    assertThatThrownBy(wish::check)
        .isInstanceOfSatisfying(
            CannotRestore.class, e -> assertThat(e.kind()).isEqualTo(Kind.MISSPOKEN))
        .hasMessageContaining(said);
  }

  @Test
  void what_contradicts_itself_is_refused_before_anything_is_asked() {
    Optional<Path> target = Optional.of(directory);
    Optional<Overwrite> always = Optional.of(Overwrite.ALWAYS);
    misspoken(
        of(Optional.empty(), false, Optional.empty(), List.of(), List.of()),
        "not said where to restore to");
    misspoken(of(target, true, always, List.of(), List.of()), "cannot both be meant");
    misspoken(
        of(Optional.empty(), true, Optional.empty(), List.of(), List.of()),
        "--in-place needs --overwrite");
    misspoken(of(target, false, always, List.of(), List.of()), "makes sense only with");
    misspoken(of(target, false, Optional.empty(), List.of("a"), List.of("b")), "not both");
    misspoken(of(target, false, Optional.empty(), List.of(" "), List.of()), "is empty");
    misspoken(
        new RestoreWish(target, false, false, Optional.empty(), List.of(), List.of(), true, true),
        "--dry-run writes nothing");
    assertThatCode(() -> of(Optional.empty(), true, always, List.of("a"), List.of()).check())
        .doesNotThrowAnyException();
  }

  @Test
  void windows_knows_no_restore_in_place() throws Exception {
    RestoreWish inPlace =
        of(Optional.empty(), true, Optional.of(Overwrite.ALWAYS), List.of(), List.of());
    assertThatThrownBy(() -> inPlace.check(true))
        .isInstanceOf(CannotRestore.class)
        .hasMessageContaining("--in-place cannot be had on Windows");
    to(directory, true).check(true);
  }

  @Test
  void the_root_of_a_file_system_is_no_directory_to_restore_to() {
    assertThatThrownBy(() -> to(Path.of("/"), true).order(SNAPSHOT, Optional.empty()))
        .isInstanceOf(CannotRestore.class)
        .hasMessageContaining("/ is the root of a file system");
  }

  @Test
  void only_a_directory_that_is_new_or_empty_is_written_to_unless_it_was_said_otherwise()
      throws Exception {
    assertThat(to(directory.resolve("new/deep"), false).order(SNAPSHOT, Optional.empty()))
        .extracting(RestoreOrder::target)
        .isEqualTo(directory.resolve("new/deep"));
    assertThat(to(directory, false).order(SNAPSHOT, Optional.empty()).target())
        .isEqualTo(directory);
    Path file = Files.writeString(directory.resolve(".hidden"), "x");
    assertThatThrownBy(() -> to(directory, false).order(SNAPSHOT, Optional.empty()))
        .isInstanceOfSatisfying(
            CannotRestore.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
        .hasMessage("the directory " + directory + " is not empty");
    assertThat(to(directory, true).order(SNAPSHOT, Optional.empty()).target()).isEqualTo(directory);
    assertThatThrownBy(() -> to(file, true).order(SNAPSHOT, Optional.empty()))
        .hasMessageContaining("is no directory");
    Path dangling = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("no"));
    assertThatThrownBy(() -> to(dangling, true).order(SNAPSHOT, Optional.empty()))
        .hasMessageContaining("is no directory");
  }

  @Test
  void the_repository_itself_is_never_written_to() {
    assertThatThrownBy(() ->
            to(directory.resolve("repo/x/../out"), false)
                .order(SNAPSHOT, Optional.of(directory.resolve("repo"))))
        .hasMessageContaining("lies within the repository itself");
  }

  @Test
  void a_link_into_the_repository_is_none_to_restore_to_either() throws Exception {
    Path repository = Files.createDirectory(directory.resolve("repo"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), repository);
    assertThatThrownBy(
            () -> to(link.resolve("out"), false).order(SNAPSHOT, Optional.of(repository)))
        .hasMessageContaining("lies within the repository itself");
    assertThatThrownBy(() ->
            to(repository.toRealPath().resolve("out"), false).order(SNAPSHOT, Optional.of(link)))
        .hasMessageContaining("lies within the repository itself");
  }

  @Test
  void the_root_of_all_files_is_no_directory_to_restore_to_since_in_place_has_rules_of_its_own()
      throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("root"), Path.of("/"));
    for (Path root : List.of(Path.of("/"), Path.of("/tmp/.."), link)) {
      assertThatThrownBy(() -> to(root, true).order(SNAPSHOT, Optional.empty()))
          .isInstanceOfSatisfying(
              CannotRestore.class, e -> assertThat(e.remedy()).contains("--in-place"))
          .hasMessageContaining("in place");
    }
  }

  @Test
  void a_variable_that_was_empty_does_not_mean_the_directory_that_one_is_in() {
    misspoken(to(Path.of(""), true), "the directory of --to is empty");
  }

  @Test
  void in_place_means_the_root_since_snapshots_hold_whole_paths() throws Exception {
    assertThat(
            of(Optional.empty(), true, Optional.of(Overwrite.NEVER), List.of(), List.of())
                .order(SNAPSHOT, Optional.empty())
                .target())
        .isEqualTo(Path.of("/"));
  }
}
