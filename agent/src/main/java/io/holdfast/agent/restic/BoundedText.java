package io.holdfast.agent.restic;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Lines of text of which the first and the last are kept and those in the middle are counted, so
 * that any amount of output takes the same little memory.
 */
final class BoundedText {

  private final int headLimit;
  private final int tailLimit;
  private final StringBuilder head = new StringBuilder();
  private final Deque<String> tail = new ArrayDeque<>();
  private int tailLength;
  private long leftOut;

  /**
   * @param headLimit characters of the beginning to keep, about
   * @param tailLimit characters of the end to keep, about
   */
  BoundedText(int headLimit, int tailLimit) {
    this.headLimit = headLimit;
    this.tailLimit = tailLimit;
  }

  void add(String line) {
    String cut = line.length() > tailLimit ? beginning(line) + "…" : line;
    if (tail.isEmpty() && head.length() + cut.length() < headLimit) {
      head.append(cut).append('\n');
      return;
    }
    tail.addLast(cut);
    tailLength += cut.length() + 1;
    while (tailLength > tailLimit && tail.size() > 1) {
      int length = tail.removeFirst().length() + 1;
      tailLength -= length;
      leftOut += length;
    }
  }

  private String beginning(String line) {
    // Half of a character that Java writes as two is no valid text.
    int end = Character.isHighSurrogate(line.charAt(tailLimit - 1)) ? tailLimit - 1 : tailLimit;
    return line.substring(0, end);
  }

  String text() {
    StringBuilder text = new StringBuilder(head);
    if (leftOut > 0) {
      text.append("[... ").append(leftOut).append(" characters left out ...]\n");
    }
    tail.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}
