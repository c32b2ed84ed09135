package io.holdfast.agent.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.WithoutRootsRights;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchTest {

  @TempDir private Path directory;

  @Test
  void a_name_stays_as_it_is() {
    Path place = directory.resolve("scratch");
    try (Scratch scratch = new Scratch(place)) {
      assertThat(scratch.place("/srv/mail/cur/17:2,S"))
          .isEqualTo(place.resolve("srv/mail/cur/17:2,S"));
    }
  }

  /** A child does it, since nothing is shut to root as long as it has all of its rights. */
  @Test
  void what_was_restored_goes_whatever_it_permits_and_links_are_not_followed() throws Exception {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Path kept = Files.writeString(outside.resolve("kept"), "kept");
    Path place = directory.resolve("scratch");
    Program.mustRun(
        WithoutRootsRights.java(ScratchTest.class, place.toString(), outside.toString()));
    assertThat(place).doesNotExist();
    assertThat(kept).exists();
  }

  public static void main(String[] arguments) throws IOException {
    Path place = Path.of(arguments[0]);
    try (Scratch _ = new Scratch(place)) {
      closed(place.resolve("read-only"), "r-xr-xr-x");
      closed(place.resolve("shut"), "---------");
      Files.createSymbolicLink(place.resolve("link"), Path.of(arguments[1]));
      assertThatThrownBy(() -> Files.delete(place.resolve("read-only/file")))
          .isInstanceOf(AccessDeniedException.class);
    }
  }

  private static void closed(Path made, String permissions) throws IOException {
    Files.writeString(Files.createDirectories(made).resolve("file"), "content");
    Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(permissions));
  }
}
