package io.holdfast.agent.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation, taken apart: fenced blocks, and the prose around them.
 *
 * @param path from the root of the checkout
 * @param prose the lines outside of blocks
 */
record Page(Path path, List<Line> prose, List<Block> blocks) {

  static final Path ROOT = Path.of("..");

  private static final Pattern FENCE =
      Pattern.compile("^(?:\\d+\\.|\\s)*\\s*```(?<language>\\w*)\\s*$");
  private static final Pattern LINK = Pattern.compile("\\]\\((?<target>[^()\\s]+)\\)");
  private static final Pattern SPAN = Pattern.compile("`(?<code>[^`]+)`");
  private static final Pattern HEADING = Pattern.compile("^#{1,6}\\s+(?<text>.*?)\\s*$");

  /** A piece of text and the number of its line. */
  record Line(int number, String text) {}

  /** A fenced block, and the number of its first line. */
  record Block(int number, String language, String text) {}

  /** README.md, CONTRIBUTING.md and docs/. */
  static List<Page> all() {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(
              Stream.of("README.md", "CONTRIBUTING.md").map(Path::of),
              docs.map(ROOT::relativize).filter(path -> path.toString().endsWith(".md")).sorted())
          .map(Page::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Page read(Path path) {
    try {
      return parse(path, Files.readAllLines(ROOT.resolve(path)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Page parse(Path path, List<String> lines) {
    List<Line> prose = new ArrayList<>();
    List<Block> blocks = new ArrayList<>();
    int start = 0;
    String language = "";
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (fence.matches() && start == 0) {
        start = i + 2;
        language = fence.group("language");
        text.setLength(0);
      } else if (fence.matches()) {
        blocks.add(new Block(start, language, text.toString()));
        start = 0;
      } else if (start == 0) {
        prose.add(new Line(i + 1, lines.get(i)));
      } else {
        text.append(lines.get(i)).append('\n');
      }
    }
    if (start != 0) {
      throw new AssertionError(path + ": the block at line " + start + " has no end");
    }
    return new Page(path, prose, blocks);
  }

  List<Block> blocks(String language) {
    return blocks.stream().filter(block -> block.language().equals(language)).toList();
  }

  /** What links lead to. */
  List<Line> links() {
    return matches(prose, LINK, "target");
  }

  /** What stands between backticks in the prose. */
  List<Line> spans() {
    return spans(prose);
  }

  static List<Line> spans(List<Line> lines) {
    return matches(lines, SPAN, "code");
  }

  /** Lines of prose between empty ones. */
  List<List<Line>> paragraphs() {
    List<List<Line>> paragraphs = new ArrayList<>(List.of(new ArrayList<>()));
    for (Line line : prose) {
      if (line.text().isBlank()) {
        paragraphs.add(new ArrayList<>());
      } else {
        paragraphs.getLast().add(line);
      }
    }
    return paragraphs;
  }

  private static List<Line> matches(List<Line> lines, Pattern pattern, String group) {
    return lines.stream()
        .flatMap(line ->
            pattern
                .matcher(line.text())
                .results()
                .map(result -> new Line(line.number(), result.group(group))))
        .toList();
  }

  /** The anchors of the headings, as GitHub makes them. */
  Set<String> anchors() {
    Set<String> anchors = new LinkedHashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    for (Line line : prose) {
      Matcher heading = HEADING.matcher(line.text());
      if (heading.matches()) {
        String anchor = anchor(heading.group("text"));
        int before = seen.merge(anchor, 1, Integer::sum) - 1;
        anchors.add(before == 0 ? anchor : anchor + "-" + before);
      }
    }
    return anchors;
  }

  private static String anchor(String heading) {
    return heading
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}\\p{M}_ -]", "")
        .replace(' ', '-');
  }

  /** Where a failure is to be looked for. */
  String at(int line) {
    return path + ":" + line;
  }
}
