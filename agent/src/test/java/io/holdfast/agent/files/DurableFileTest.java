package io.holdfast.agent.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.SmallDisk;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {

  @TempDir private Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Path unfinished(Path file) {
    return DurableFile.unfinished(file);
  }

  @Test
  void a_file_is_written_and_replaced_as_a_whole_and_for_its_owner_alone() throws IOException {
    Path file = directory.resolve("file");
    DurableFile.write(file, bytes("one, and a little longer"));
    DurableFile.write(file, bytes("two"));
    assertThat(file).hasContent("two");
    assertThat(unfinished(file)).doesNotExist();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void what_a_crash_left_half_written_is_in_nobodys_way() throws IOException {
    Path file = directory.resolve("file");
    DurableFile.write(file, bytes("one"));
    Files.writeString(unfinished(file), "hal");
    assertThat(file).hasContent("one");
    DurableFile.write(file, bytes("two"));
    assertThat(file).hasContent("two");
    assertThat(unfinished(file)).doesNotExist();
  }

  @Test
  void many_that_write_one_file_at_once_leave_the_whole_of_one_of_them() throws Exception {
    Path file = directory.resolve("file");
    // Another process that is in the middle of it.
    Path theirs = Files.writeString(directory.resolve("file.999999999.new"), "hal");
    List<Future<?>> writers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 200; i++) {
        byte[] content = bytes(String.valueOf((char) ('a' + i % 26)).repeat(5000));
        writers.add(
            threads.submit(() -> {
              DurableFile.write(file, content);
              return null;
            }));
      }
    }
    for (Future<?> writer : writers) {
      writer.get();
    }
    assertThat(Files.readString(file)).hasSize(5000).matches("(.)\\1*");
    assertThat(theirs).hasContent("hal");
  }

  @WantsRoot
  @Test
  void on_a_full_disk_the_file_stays_as_it_was() throws IOException {
    try (SmallDisk disk = SmallDisk.at(directory.resolve("small"), 1)) {
      Path file = disk.directory().resolve("file");
      DurableFile.write(file, bytes("one"));
      disk.fill();
      assertThatThrownBy(() -> DurableFile.write(file, new byte[100_000]))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThat(file).hasContent("one");
      assertThat(unfinished(file)).doesNotExist();
    }
  }

  @WantsRoot
  @Test
  void room_that_was_taken_in_time_is_there_on_a_full_disk() throws IOException {
    try (SmallDisk disk = SmallDisk.at(directory.resolve("small"), 1)) {
      Path reserved = disk.directory().resolve("reserved");
      DurableFile.reserve(reserved, 64 * 1024);
      disk.fill();
      Path file = disk.directory().resolve("file");
      byte[] content = bytes("x".repeat(60 * 1024));
      assertThatThrownBy(() -> DurableFile.write(file, content))
          .hasMessageContaining("No space left");
      DurableFile.writeInto(reserved, file, content);
      assertThat(file).hasBinaryContent(content);
      assertThat(reserved).doesNotExist();
    }
  }
}
