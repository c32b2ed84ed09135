package io.holdfast.agent.release;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What SHA-256 says of a file, in small hexadecimal digits. */
public record Checksum(String hex) {

  /** The list that each release comes with. */
  static final String LIST = "SHA256SUMS";

  private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{64}");

  /**
   * @param hex as somebody has typed it
   * @throws CannotInstall if it is none
   */
  public static Checksum of(String hex) throws CannotInstall {
    if (!FORM.matcher(hex.strip()).matches()) {
      throw new CannotInstall(
          "\"" + hex + "\" is no SHA-256 checksum",
          "Copy the 64 digits that stand beside the file in " + LIST + ".");
    }
    return new Checksum(hex.strip().toLowerCase(Locale.ROOT));
  }

  static Checksum of(byte[] digest) {
    return new Checksum(HexFormat.of().formatHex(digest));
  }

  /**
   * Finds the checksum of a file in a list as sha256sum writes it.
   *
   * @throws CannotInstall if there is none, or more than one
   */
  static Checksum listed(String list, Release release) throws CannotInstall {
    List<String> sums =
        list.lines()
            .map(line -> line.strip().split("\\s+\\*?", 2))
            .filter(words -> words.length == 2 && words[1].equals(release.file()))
            .map(words -> words[0])
            .filter(sum -> FORM.matcher(sum).matches())
            .toList();
    if (sums.size() != 1) {
      throw new CannotInstall(
          LIST + " of restic " + release.version() + " has no single checksum of " + release.file(),
          "restic has no such release for this machine, or the list is not whole. Nothing was installed.");
    }
    return of(sums.getFirst());
  }
}
