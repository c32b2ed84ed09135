package io.holdfast.agent.proof;

import io.holdfast.agent.restic.TreeNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Draws files from a snapshot as they are told, however many there are: half of them each with the
 * same chance, half with a chance that grows with their size, so that neither the many small nor
 * the few large are left out for long.
 */
final class Sample {

  /** restic shows it where a name is not UTF-8: such a file cannot be asked for by its name. */
  private static final char UNKNOWN = '\uFFFD';

  private record Drawn(double key, TreeNode file) {}

  private final RandomGenerator random;
  private final int most;
  private final int each;
  private final long bytes;
  private final Set<String> again;
  private final List<TreeNode> repeated = new ArrayList<>();
  private long leftOut;
  private final PriorityQueue<Drawn> byChance = queue();
  private final PriorityQueue<Drawn> bySize = queue();

  /**
   * @param files how many at most
   * @param bytes how much they take at most; a file that is larger by itself is never drawn
   * @param again paths that are in the sample besides, if the snapshot has them
   */
  Sample(int files, long bytes, RandomGenerator random, Set<String> again) {
    this.again = again;
    this.most = files;
    this.each = (files + 1) / 2;
    this.bytes = bytes;
    this.random = random;
  }

  private static PriorityQueue<Drawn> queue() {
    return new PriorityQueue<>(Comparator.comparingDouble(Drawn::key));
  }

  void offer(TreeNode node) {
    if (!node.type().equals("file")) {
      return;
    }
    long size = node.size().orElse(-1);
    if (size > bytes || node.path().indexOf(UNKNOWN) >= 0) {
      leftOut++;
      return;
    }
    if (again.contains(node.path())) {
      repeated.add(node);
      return;
    }
    double chance = random.nextDouble();
    keep(byChance, new Drawn(chance, node));
    // Efraimidis and Spirakis: the largest of u^(1/weight) are a weighted sample.
    keep(bySize, new Drawn(Math.pow(random.nextDouble(), 1.0 / (size + 1)), node));
  }

  private void keep(PriorityQueue<Drawn> drawn, Drawn file) {
    drawn.add(file);
    if (drawn.size() > each) {
      drawn.poll();
    }
  }

  /** How many files can never be drawn: for their size, or for their names. */
  long leftOut() {
    return leftOut;
  }

  /** Those that were drawn, as far as they fit together. */
  List<TreeNode> files() {
    List<TreeNode> drawn = new ArrayList<>();
    byChance.forEach(one -> drawn.add(one.file()));
    bySize.forEach(one -> drawn.add(one.file()));
    Collections.shuffle(drawn, Random.from(random));
    Set<TreeNode> fitting = new LinkedHashSet<>();
    long left = fit(repeated, repeated.size(), bytes, fitting);
    var _ = fit(drawn, repeated.size() + most, left, fitting);
    return List.copyOf(fitting);
  }

  /** Adds until there are so many or they are so large; returns how many bytes are left. */
  private static long fit(List<TreeNode> files, int upTo, long bytes, Set<TreeNode> fitting) {
    long left = bytes;
    for (TreeNode file : files) {
      long size = file.size().orElse(0);
      if (fitting.size() < upTo && size <= left && fitting.add(file)) {
        left -= size;
      }
    }
    return left;
  }
}
