package io.holdfast.agent.cli;

import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Rows of text in columns as wide as their widest cell. Cells are shown, and never obeyed. */
final class Table {

  private final List<List<String>> rows = new ArrayList<>();
  private final Map<Integer, UnaryOperator<String>> colours = new HashMap<>();

  Table(String... head) {
    rows.add(List.of(head));
  }

  /** The cells of this column, counted from 0, get their colour when they are printed. */
  Table coloured(int column, UnaryOperator<String> colour) {
    colours.put(column, colour);
    return this;
  }

  void row(String... cells) {
    rows.add(Stream.of(cells).map(Visible::of).toList());
  }

  void print(PrintWriter out) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String cell = row.get(i);
        line.append(colours.getOrDefault(i, UnaryOperator.identity()).apply(cell));
        if (i < columns - 1) {
          line.append(" ".repeat(widths[i] - cell.length() + 2));
        }
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
