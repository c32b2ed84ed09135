package io.holdfast.agent.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.TreeNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class SampleTest {

  private static TreeNode node(String path, String type, long size) {
    return new TreeNode(
        path,
        type,
        "-rw-r--r--",
        0,
        0,
        type.equals("file") ? OptionalLong.of(size) : OptionalLong.empty(),
        Optional.empty());
  }

  private static List<TreeNode> drawn(
      int seed, int files, long bytes, int offered, IntToLongFunction size) {
    Sample sample = new Sample(files, bytes, new Random(seed), Set.of());
    for (int i = 0; i < offered; i++) {
      sample.offer(node("/f" + i, "file", size.applyAsLong(i)));
    }
    return sample.files();
  }

  @Test
  void all_of_few_files_are_drawn_once_each() {
    assertThat(drawn(1, 20, 1000, 7, _ -> 10)).hasSize(7).doesNotHaveDuplicates();
  }

  @Test
  void of_many_no_more_are_drawn_than_asked_for() {
    assertThat(drawn(1, 20, 1_000_000, 10_000, _ -> 10)).hasSizeBetween(10, 20);
  }

  @Test
  void an_odd_number_is_an_odd_number() {
    assertThat(drawn(1, 1, 1_000_000, 100, _ -> 10)).hasSize(1);
    assertThat(drawn(1, 3, 1_000_000, 100, _ -> 10)).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void what_failed_before_is_in_every_sample_besides() {
    for (int seed = 0; seed < 20; seed++) {
      Sample sample = new Sample(2, 1_000, new Random(seed), Set.of("/f7", "/gone"));
      for (int i = 0; i < 50; i++) {
        sample.offer(node("/f" + i, "file", 10));
      }
      assertThat(sample.files()).hasSizeBetween(2, 3).anyMatch(file -> file.path().equals("/f7"));
    }
  }

  @Test
  void files_that_can_never_be_drawn_are_counted() {
    Sample sample = new Sample(20, 1000, new Random(1), Set.of());
    sample.offer(node("/too-large", "file", 1001));
    sample.offer(node("/\uFFFD", "file", 1));
    sample.offer(node("/d", "dir", 0));
    assertThat(sample.files()).isEmpty();
    assertThat(sample.leftOut()).isEqualTo(2);
  }

  @Test
  void every_file_is_drawn_some_day() {
    long distinct =
        java.util.stream.IntStream.range(0, 400)
            .mapToObj(seed -> drawn(seed, 4, 1_000_000, 50, _ -> 10))
            .flatMap(List::stream)
            .map(TreeNode::path)
            .distinct()
            .count();
    assertThat(distinct).isEqualTo(50);
  }

  @Test
  void the_one_large_file_among_many_small_ones_is_drawn_nearly_always() {
    long with =
        java.util.stream.IntStream.range(0, 100)
            .filter(seed ->
                drawn(seed, 4, 1L << 40, 1000, i -> i == 500 ? 1L << 30 : 10).stream()
                    .anyMatch(file -> file.path().equals("/f500")))
            .count();
    assertThat(with).isGreaterThan(95);
  }

  @Test
  void a_sample_takes_no_more_room_than_it_may() {
    long bytes = drawn(3, 20, 100, 1000, _ -> 30).stream().mapToLong(f -> f.size().orElse(0)).sum();
    assertThat(bytes).isBetween(30L, 100L);
    assertThat(drawn(3, 20, 100, 10, _ -> 101)).isEmpty();
  }

  @Test
  void only_files_with_names_that_can_be_asked_for_are_drawn() {
    Sample sample = new Sample(20, 1000, new Random(1), Set.of());
    sample.offer(node("/d", "dir", 0));
    sample.offer(node("/l", "symlink", 0));
    sample.offer(node("/\uFFFD", "file", 1));
    assertThat(sample.files()).isEmpty();
  }

  @Test
  void what_fits_exactly_is_drawn() {
    assertThat(drawn(1, 20, 100, 1, _ -> 100)).hasSize(1);
    assertThat(drawn(1, 20, 100, 2, _ -> 50)).hasSize(2);
    assertThat(drawn(1, 20, 99, 2, _ -> 50)).hasSize(1);
  }

  @Test
  void a_file_that_is_empty_or_of_unknown_size_takes_no_room() {
    Sample sample = new Sample(20, 0, new Random(1), Set.of());
    sample.offer(node("/empty", "file", 0));
    sample.offer(
        new TreeNode(
            "/unknown", "file", "-rw-r--r--", 0, 0, OptionalLong.empty(), Optional.empty()));
    assertThat(sample.files())
        .extracting(TreeNode::path)
        .containsExactlyInAnyOrder("/empty", "/unknown");
    assertThat(sample.leftOut()).isZero();
  }

  @Test
  void what_failed_before_comes_on_top_of_the_number_that_is_asked_for() {
    for (int seed = 0; seed < 20; seed++) {
      Sample sample = new Sample(4, 1_000, new Random(seed), Set.of("/a", "/b"));
      sample.offer(node("/a", "file", 10));
      sample.offer(node("/b", "file", 10));
      for (int i = 0; i < 4; i++) {
        sample.offer(node("/f" + i, "file", 10));
      }
      assertThat(sample.files()).hasSizeBetween(4, 6).doesNotHaveDuplicates();
      assertThat(sample.files()).extracting(TreeNode::path).contains("/a", "/b");
    }
  }

  @Test
  void half_of_a_sample_is_drawn_whatever_the_size_of_its_files() {
    long withSmall =
        java.util.stream.IntStream.range(0, 100)
            .filter(seed ->
                drawn(seed, 2, 1L << 40, 1000, i -> i < 500 ? 10 : 1L << 20).stream()
                    .anyMatch(file -> file.size().orElse(0) == 10))
            .count();
    assertThat(withSmall).as("about half of 100").isBetween(25L, 75L);
  }
}
