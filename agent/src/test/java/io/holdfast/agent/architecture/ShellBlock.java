package io.holdfast.agent.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The simple commands in a block of shell as documentation has them: quotes, comments, pipes,
 * lists, redirections, command substitution and here-documents; no more of the language than that.
 */
final class ShellBlock {

  private static final Pattern HERE_DOCUMENT = Pattern.compile("<<'?(?<end>[A-Z]+)'?");

  /** What may stand before the name of a program: assignments, and words of the shell. */
  private static final Pattern BEFORE = Pattern.compile("\\w+=.*|do|then|else|!");

  private static final String SEPARATORS = ";|&()<>\n";

  private final List<List<String>> commands = new ArrayList<>();
  private final List<String> hereDocuments = new ArrayList<>();
  private final List<String> hereStrings = new ArrayList<>();
  private final String text;
  private int at;
  private List<String> command = new ArrayList<>();

  private ShellBlock(String text) {
    this.text = withoutHereDocuments(text);
    while (at < this.text.length()) {
      next();
    }
    end();
  }

  static ShellBlock of(String text) {
    return new ShellBlock(text);
  }

  /** Each with its words, quotes taken off. */
  List<List<String>> commands() {
    return commands;
  }

  /** The arguments of every command of that name. */
  List<List<String>> argumentsOf(String program) {
    return commands.stream()
        .map(words -> words.stream().dropWhile(w -> BEFORE.matcher(w).matches()).toList())
        .filter(words -> !words.isEmpty() && words.getFirst().equals(program))
        .map(words -> words.subList(1, words.size()))
        .toList();
  }

  /** What programs are given to read. */
  List<String> inputs() {
    List<String> inputs = new ArrayList<>(hereDocuments);
    inputs.addAll(hereStrings);
    return inputs;
  }

  private String withoutHereDocuments(String block) {
    StringBuilder rest = new StringBuilder();
    StringBuilder document = new StringBuilder();
    Optional<String> end = Optional.empty();
    for (String line : block.lines().toList()) {
      Matcher start = HERE_DOCUMENT.matcher(line);
      if (end.isPresent() && line.equals(end.get())) {
        hereDocuments.add(document.toString());
        document.setLength(0);
        end = Optional.empty();
      } else if (end.isPresent()) {
        document.append(line).append('\n');
      } else if (!line.contains("<<<") && start.find()) {
        end = Optional.of(start.group("end"));
        rest.append(line, 0, start.start()).append('\n');
      } else {
        rest.append(line).append('\n');
      }
    }
    if (end.isPresent()) {
      throw new AssertionError("the here-document has no end: " + block);
    }
    return rest.toString();
  }

  private void next() {
    char c = text.charAt(at);
    if (text.startsWith("\\\n", at)) {
      at += 2;
    } else if (text.startsWith("<<<", at)) {
      at += 3;
      hereStrings.add(word());
    } else if (c == '>' || c == '<') {
      at = skip(">&<", at);
      word();
    } else if (SEPARATORS.indexOf(c) >= 0) {
      at++;
      end();
    } else if (Character.isWhitespace(c)) {
      at++;
    } else if (c == '#') {
      at = text.indexOf('\n', at);
    } else if (text.startsWith("$(", at)) {
      at += 2;
      end();
    } else {
      command.add(word());
    }
  }

  private int skip(String these, int from) {
    int i = from;
    while (i < text.length() && these.indexOf(text.charAt(i)) >= 0) {
      i++;
    }
    return i;
  }

  private String word() {
    StringBuilder word = new StringBuilder();
    at = skip(" ", at);
    while (at < text.length() && !endsWord()) {
      char c = text.charAt(at);
      if (c == '\'' || c == '"') {
        int close = text.indexOf(c, at + 1);
        if (close < 0) {
          throw new AssertionError("a quote has no end: " + text);
        }
        word.append(text, at + 1, close);
        at = close + 1;
      } else if (text.startsWith("\\\n", at)) {
        break;
      } else {
        word.append(c);
        at++;
      }
    }
    return word.toString();
  }

  private boolean endsWord() {
    char c = text.charAt(at);
    return Character.isWhitespace(c) || SEPARATORS.indexOf(c) >= 0 || text.startsWith("$(", at);
  }

  private void end() {
    if (!command.isEmpty()) {
      commands.add(command);
      command = new ArrayList<>();
    }
  }
}
