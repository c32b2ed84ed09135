package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The runs that a device knows to be open, by the files that it keeps of them. */
public final class OpenRunsOnDisk {

  private static final String SUFFIX = ".json";

  private OpenRunsOnDisk() {}

  /** Their ids. */
  public static Set<String> of(Site site) throws IOException {
    Path open = site.state().resolve("open-runs");
    if (!Files.isDirectory(open)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(open)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
