package io.holdfast.agent.cli;

import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rows of text in columns as wide as their widest cell; on a terminal no wider than that is. Cells
 * are shown, and never obeyed.
 */
final class Table {

  private static final int GAP = 2;

  /** No column is made narrower: it is as much as a short id takes. */
  private static final int NARROWEST = 8;

  private final List<List<String>> rows = new ArrayList<>();
  private final Map<Integer, UnaryOperator<String>> colours = new HashMap<>();
  private final List<Integer> dispensable = new ArrayList<>();

  Table(String... head) {
    rows.add(List.of(head));
  }

  /** The cells of this column, counted from 0, get their colour when they are printed. */
  Table coloured(int column, UnaryOperator<String> colour) {
    colours.put(column, colour);
    return this;
  }

  /** This column, counted from 0, is left out where there is no room; the first said goes first. */
  Table without(int column) {
    dispensable.add(column);
    return this;
  }

  void row(String... cells) {
    rows.add(Stream.of(cells).map(Visible::of).toList());
  }

  void print(PrintWriter out) {
    print(out, Terminal.room());
  }

  /**
   * @param room how many characters a line may have
   */
  void print(PrintWriter out, int room) {
    int[] widths = widths(room);
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        if (widths[i] > 0) {
          String cell = cut(row.get(i), widths[i]);
          line.append(colours.getOrDefault(i, UnaryOperator.identity()).apply(cell));
          line.append(" ".repeat(widths[i] - cell.length() + GAP));
        }
      }
      out.println(line.toString().stripTrailing());
    }
  }

  /** Of a column that is left out 0. */
  private int[] widths(int room) {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (int i = 0; i < dispensable.size() && total(widths) > room; i++) {
      widths[dispensable.get(i)] = 0;
    }
    while (total(widths) > room) {
      int widest =
          IntStream.range(0, widths.length)
              .reduce((one, other) -> widths[other] > widths[one] ? other : one)
              .orElseThrow();
      if (widths[widest] <= NARROWEST) {
        break;
      }
      widths[widest]--;
    }
    return widths;
  }

  private static long total(int[] widths) {
    return IntStream.of(widths).filter(width -> width > 0).mapToLong(w -> w + GAP).sum() - GAP;
  }

  private static String cut(String cell, int width) {
    if (cell.length() <= width) {
      return cell;
    }
    // Half of a character that Java writes as two is no valid text.
    int end = Character.isHighSurrogate(cell.charAt(width - 2)) ? width - 2 : width - 1;
    return cell.substring(0, end) + "…";
  }
}
