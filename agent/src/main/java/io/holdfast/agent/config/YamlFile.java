package io.holdfast.agent.config;

import io.holdfast.agent.text.Nearest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A YAML file of sections with texts and lists of texts in them; every finding names its line. */
final class YamlFile {

  /** A text and the line where it stands. */
  record Entry(String value, int line) {}

  /** What the parser says before it repeats the file's own words, which may be a password. */
  private static final Pattern BEFORE_VALUE =
      Pattern.compile(
          "^(?<problem>.*?\\b(alias|anchor|handle|key|directive|tag)\\b).*", Pattern.DOTALL);

  /** Sections hold keys, and keys hold texts: nothing of ours is deeper than two. */
  private static final int DEEPEST = 20;

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_.-]{1,40}");

  private final Path file;
  private final Map<String, Set<String>> known;
  private final List<String> findings = new ArrayList<>();
  private final Set<String> lists;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, List<Entry>> items = new HashMap<>();
  private final Map<String, Integer> sectionLines = new HashMap<>();
  private final Map<String, Integer> listLines = new HashMap<>();
  private final Set<String> faulty = new HashSet<>();
  private boolean readable;

  /**
   * @param known the keys of each section; those of the section "" stand at the top
   * @param lists those with several values, as {@code section.key}: a list, or a text with commas
   */
  YamlFile(Path file, Map<String, Set<String>> known, Set<String> lists) {
    this.file = file;
    this.known = known;
    this.lists = lists;
  }

  /** What is wrong so far, a line each. */
  List<String> findings() {
    return findings;
  }

  /** The text at {@code section.key}, or at {@code key} for the top. */
  Optional<Entry> entry(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /** The values of a list, each with its line. */
  List<Entry> items(String name) {
    return items.getOrDefault(name, List.of());
  }

  /** The line of a list that is there, even if it holds nothing. */
  Optional<Integer> listLine(String name) {
    return Optional.ofNullable(listLines.get(name));
  }

  /** Whether the file could be read as keys and values at all. */
  boolean isReadable() {
    return readable;
  }

  /** Whether a finding says already that the section, or the key {@code section.key}, is wrong. */
  boolean isFaulty(String name) {
    return faulty.contains(name) || faulty.contains(name.replaceFirst("\\..*", ""));
  }

  /** Whether there is such a section. */
  boolean has(String section) {
    return sectionLines.containsKey(section);
  }

  /** The line of a section, if it is there; else 1. */
  int line(String section) {
    return sectionLines.getOrDefault(section, 1);
  }

  void finding(int line, String sentence, String remedy) {
    findings.add(file + ":" + line + ": " + sentence + ". " + remedy);
  }

  void read(String text) {
    LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
    Optional<Node> root;
    try {
      OptionalInt tooDeep = lineOfWhatIsTooDeep(settings, text);
      if (tooDeep.isPresent()) {
        finding(
            tooDeep.getAsInt(),
            "values are nested more than " + DEEPEST + " levels deep here",
            "No setting is: docs/configuration.md shows them all.");
        return;
      }
      root = new Compose(settings).composeString(text);
    } catch (MarkedYamlEngineException e) {
      finding(
          e.getProblemMark().map(Mark::getLine).orElse(0) + 1,
          "this is not valid YAML: " + withoutValue(e.getProblem()),
          "Check indentation, colons and quotes around here; a value that begins with *, &, ! or another special sign"
              + " stands in quotes.");
      return;
    } catch (YamlEngineException e) {
      finding(1, "this is not valid YAML", "Check indentation, colons and quotes.");
      return;
    }
    if (root.isEmpty()) {
      finding(
          1,
          "the file is empty",
          "'holdfast register' writes one; docs/configuration.md describes it.");
    } else if (root.get() instanceof MappingNode top) {
      readable = true;
      readSection("", top);
    } else {
      finding(
          lineOf(root.get()), "the file is no list of keys and values", "Start with 'device:'.");
    }
  }

  /** By the events, which take no stack: composing the nodes would overflow it. */
  private static OptionalInt lineOfWhatIsTooDeep(LoadSettings settings, String text) {
    int depth = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      if (event instanceof CollectionStartEvent) {
        depth++;
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      }
      if (depth > DEEPEST) {
        return OptionalInt.of(event.getStartMark().map(Mark::getLine).orElse(0) + 1);
      }
    }
    return OptionalInt.empty();
  }

  private static String withoutValue(String problem) {
    Matcher matcher = BEFORE_VALUE.matcher(problem);
    return matcher.matches() ? matcher.group("problem") : problem;
  }

  private void readSection(String section, MappingNode node) {
    Set<String> seen = new HashSet<>();
    for (NodeTuple tuple : node.getValue()) {
      String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
      int line = lineOf(tuple.getKeyNode());
      String name = named(section, key);
      if (!seen.add(key)) {
        finding(
            line,
            "the key " + named(section, shown(key)) + " is there twice",
            "Remove one of them.");
      } else if (section.isEmpty() && known.containsKey(key)) {
        readNested(key, line, tuple.getValueNode());
      } else if (known.getOrDefault(section, Set.of()).contains(key)) {
        if (lists.contains(name)) {
          readList(name, line, tuple.getValueNode());
        } else {
          readText(name, line, tuple.getValueNode());
        }
      } else {
        unknown(section, key, line);
      }
    }
  }

  private void readNested(String section, int line, Node value) {
    sectionLines.put(section, line);
    if (value instanceof MappingNode mapping) {
      readSection(section, mapping);
    } else {
      faulty.add(section);
      finding(
          line,
          section + " must hold further keys and holds " + kindOf(value),
          "Write the keys below it, indented: "
              + String.join(", ", sorted(known.get(section)))
              + ".");
    }
  }

  private void readText(String name, int line, Node value) {
    if (value instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
      entries.put(name, new Entry(scalar.getValue(), line));
    } else if (!(value instanceof ScalarNode)) {
      faulty.add(name);
      finding(
          line,
          name + " must be a text and is " + kindOf(value),
          "Write one value behind the colon.");
    }
  }

  private void readList(String name, int line, Node value) {
    if (value instanceof ScalarNode scalar && scalar.getTag().equals(Tag.NULL)) {
      return;
    }
    listLines.put(name, line);
    List<Entry> values = items.computeIfAbsent(name, _ -> new ArrayList<>());
    List<Node> nodes = value instanceof SequenceNode list ? list.getValue() : List.of(value);
    for (Node node : nodes) {
      if (!(node instanceof ScalarNode scalar)) {
        finding(
            lineOf(node),
            name + " must be a list of texts and holds " + kindOf(node),
            "Write each value on a line of its own, behind '- '.");
      } else if (!scalar.getTag().equals(Tag.NULL)) {
        Pattern.compile(",")
            .splitAsStream(scalar.getValue())
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .forEach(text -> values.add(new Entry(text, lineOf(node))));
      }
    }
  }

  private void unknown(String section, String key, int line) {
    List<String> choices = new ArrayList<>(sorted(known.get(section)));
    if (section.isEmpty()) {
      choices.addAll(known.keySet().stream().filter(k -> !k.isEmpty()).sorted().toList());
    }
    String before = key.replaceFirst("(?s):.*", "");
    boolean blankMissing = choices.contains(before) && !before.equals(key);
    Optional<String> near = blankMissing ? Optional.of(before) : Nearest.to(key, choices);
    // It is not missing besides.
    near.ifPresent(choice -> faulty.add(named(section, choice)));
    finding(
        line,
        "the key " + named(section, shown(key)) + " is unknown",
        blankMissing
            ? "A blank is missing behind the colon of " + before + "."
            : near.map(choice -> "Did you mean " + choice + "?")
                .orElse("Known here: " + String.join(", ", choices) + "."));
  }

  private static String named(String section, String key) {
    return section.isEmpty() ? key : section + "." + key;
  }

  /** As much of a key as looks like one: what follows may be a password. */
  private static String shown(String key) {
    Matcher word = KEY.matcher(key);
    String begin = word.lookingAt() ? word.group() : "";
    return begin.equals(key) ? key : begin + "…";
  }

  private static List<String> sorted(@Nullable Set<String> keys) {
    return keys == null ? List.of() : keys.stream().sorted().toList();
  }

  private static String kindOf(Node node) {
    return switch (node.getNodeType()) {
      case MAPPING -> "a group of keys";
      case SEQUENCE -> "a list";
      case SCALAR -> "a single value";
      case ANCHOR -> "a reference";
    };
  }

  private static int lineOf(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
