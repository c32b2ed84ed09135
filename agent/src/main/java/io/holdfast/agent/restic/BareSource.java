package io.holdfast.agent.restic;

import java.util.Objects;

/** A source path below which restic finds no file, and what stands there instead. */
public record BareSource(String path, Kind kind) {

  /** What it is. */
  public enum Kind {
    /** restic stores the link, and nothing of what it leads to. */
    LINK("a symbolic link, of which restic stores the link alone"),
    /** A socket, a pipe or a device: there is nothing in it to store. */
    SPECIAL("a socket, a pipe or a device, which holds no files"),
    EMPTY_DIRECTORY("an empty directory");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** Goes on with "it is". */
    public String words() {
      return words;
    }
  }

  public BareSource {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(kind, "kind");
  }
}
