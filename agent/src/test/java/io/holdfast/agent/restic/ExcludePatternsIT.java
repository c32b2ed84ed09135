package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.EmptyRepository;
import io.holdfast.agent.testing.TestOnEveryRestic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** The list by which the database and the agent judge patterns tells what restic itself does. */
class ExcludePatternsIT {

  private static final Path VECTORS =
      Path.of("../migrations/src/test/resources/exclude-patterns.tsv");

  @TempDir private Path directory;

  private static List<String> patterns(String faultOnUnix) throws IOException {
    return Files.readAllLines(VECTORS).stream()
        .map(line -> line.split("\t", -1))
        .filter(part -> part[0].equals(faultOnUnix))
        .map(part -> part[2].translateEscapes())
        .toList();
  }

  /** How restic ends, and what it says. */
  private record Ended(int exitCode, String said) {}

  private Ended backedUp(Path restic, List<String> patterns) throws Exception {
    List<String> command = new ArrayList<>();
    Stream.of(restic.toString(), "backup", "--dry-run", "--no-cache").forEach(command::add);
    patterns.forEach(pattern -> command.add("--exclude=" + pattern));
    command.add(directory.resolve("source").toString());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("RESTIC_REPOSITORY", directory.resolve("repo").toString());
    builder.environment().put("RESTIC_PASSWORD", "plugh");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return new Ended(process.exitValue(), said);
  }

  @TestOnEveryRestic
  void restic_refuses_the_broken_ones_and_takes_all_others(Path restic) throws Exception {
    EmptyRepository.make(directory.resolve("repo"), "plugh");
    Files.createDirectory(directory.resolve("source"));
    List<String> taken = new ArrayList<>();
    for (String fault :
        List.of("-", "blanks", "comment", "home", "variable", "braces", "commas", "control")) {
      taken.addAll(patterns(fault));
    }
    assertThat(taken).hasSizeGreaterThan(40);
    // One that leaves the source itself out is no subject here.
    assertThat(backedUp(restic, taken))
        .satisfies(ended -> assertThat(ended.exitCode()).as(ended.said()).isZero());
    List<String> broken = patterns("broken");
    assertThat(broken).hasSizeGreaterThan(18);
    for (String pattern : broken) {
      Ended ended = backedUp(restic, List.of(pattern));
      assertThat(ended.exitCode()).as("%s: %s", pattern, ended.said()).isNotZero();
      assertThat(ended.said()).as(pattern).contains("invalid pattern");
    }
  }
}
