package io.holdfast.agent.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Where the pages of the documentation lie that sentences name as {@code docs/restic.md}. */
final class Pages {

  private static final Path INSTALLED = Path.of("/usr/share/doc/holdfast");

  private static final Pattern PAGE = Pattern.compile("(?<![\\w/])docs/[a-z-]+\\.md");

  private Pages() {}

  /** The same sentence, with the page's place on this machine if the package has put it there. */
  static String named(String sentence) {
    return named(sentence, INSTALLED);
  }

  static String named(String sentence, Path installed) {
    return sentence.contains("docs/")
        ? PAGE.matcher(sentence)
            .replaceAll(page ->
                Files.exists(installed.resolve(page.group()))
                    ? java.util.regex.Matcher.quoteReplacement(
                        installed.resolve(page.group()).toString())
                    : page.group())
        : sentence;
  }
}
