package io.holdfast.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class UnpackedProgramsTest {

  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir private Path directory;
  private Path archive;

  @BeforeEach
  void makeArchive() throws IOException {
    archive = directory.resolve("programs.txz");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(
            new XZOutputStream(Files.newOutputStream(archive), new LZMA2Options()))) {
      add(tar, "bin/postgres", 0100755, "the server");
      add(tar, "lib/libpq.so.5.15", 0100644, "a library");
      TarArchiveEntry link = new TarArchiveEntry("lib/libpq.so.5", TarConstants.LF_SYMLINK);
      link.setLinkName("libpq.so.5.15");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
    }
  }

  private static void add(TarArchiveOutputStream tar, String name, int mode, String content)
      throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private Path base() {
    return directory.resolve("cache");
  }

  private Path unpack() throws IOException {
    return UnpackedPrograms.in(base(), archive.toUri().toURL());
  }

  private static void assertWhole(Path programs) {
    assertThat(programs.resolve("bin/postgres")).hasContent("the server").isExecutable();
    assertThat(programs.resolve("lib/libpq.so.5")).isSymbolicLink().hasContent("a library");
  }

  @Test
  void programs_are_unpacked_with_their_modes_and_links() throws IOException {
    assertWhole(unpack());
  }

  @Test
  void programs_that_are_whole_are_used_as_they_are() throws IOException {
    Path server = unpack().resolve("bin/postgres");
    Files.setLastModifiedTime(server, LONG_AGO);

    unpack();

    assertThat(Files.getLastModifiedTime(server)).isEqualTo(LONG_AGO);
  }

  /** What can have happened to unpacked programs since. */
  enum Damage {
    FILE_REMOVED {
      @Override
      void doTo(Path programs) throws IOException {
        Files.delete(programs.resolve("bin/postgres"));
      }
    },
    FILE_CUT_OFF {
      @Override
      void doTo(Path programs) throws IOException {
        Files.writeString(programs.resolve("bin/postgres"), "");
      }
    },
    FILE_OF_THE_SAME_LENGTH_CHANGED {
      @Override
      void doTo(Path programs) throws IOException {
        Files.writeString(programs.resolve("bin/postgres"), "the servus");
      }
    },
    LINK_REMOVED {
      @Override
      void doTo(Path programs) throws IOException {
        Files.delete(programs.resolve("lib/libpq.so.5"));
      }
    },
    LIST_REMOVED {
      @Override
      void doTo(Path programs) throws IOException {
        Files.delete(programs.resolve("files.crc32"));
      }
    },
    LIST_EMPTY {
      @Override
      void doTo(Path programs) throws IOException {
        Files.writeString(programs.resolve("files.crc32"), "");
      }
    },
    LIST_UNREADABLE {
      @Override
      void doTo(Path programs) throws IOException {
        Files.write(programs.resolve("files.crc32"), List.of("no sum"));
      }
    };

    abstract void doTo(Path programs) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void damaged_programs_are_made_anew(Damage damage) throws IOException {
    damage.doTo(unpack());

    assertWhole(unpack());
  }

  @Test
  void an_unpacking_that_was_killed_is_begun_again() throws IOException {
    Path programs = unpack();
    Path part = base().resolve(programs.getFileName() + ".part");
    Files.move(programs, part);
    Files.delete(part.resolve("bin/postgres"));

    assertWhole(unpack());
    assertThat(part).doesNotExist();
  }

  @Test
  void another_archive_gets_a_directory_of_its_own() throws IOException {
    Path first = unpack();
    Files.write(archive, Files.readAllBytes(otherArchive()));

    assertThat(unpack()).isNotEqualTo(first);
    assertWhole(first);
  }

  private Path otherArchive() throws IOException {
    Path other = directory.resolve("other.txz");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(
            new XZOutputStream(Files.newOutputStream(other), new LZMA2Options()))) {
      add(tar, "bin/postgres", 0100755, "a newer server");
    }
    return other;
  }

  @Test
  void an_archive_cannot_write_outside_of_its_directory() throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(
            new XZOutputStream(Files.newOutputStream(archive), new LZMA2Options()))) {
      add(tar, "../../escaped", 0100644, "anything");
    }

    assertThat(catchThrowable(this::unpack)).hasMessageContaining("../../escaped");
    try (Stream<Path> files = Files.walk(directory)) {
      assertThat(files).noneMatch(file -> file.endsWith("escaped"));
    }
  }
}
