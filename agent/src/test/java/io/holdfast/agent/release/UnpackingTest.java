package io.holdfast.agent.release;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/** A release for Windows, which no test here can install. */
class UnpackingTest {

  private static byte[] zip(String... names) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(packed)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(("content of " + name).getBytes(UTF_8));
      }
    }
    return packed.toByteArray();
  }

  private static String unpacked(byte[] zip) throws Exception {
    Release release = Release.of("0.18.0", Platform.of("Windows 11", "amd64"));
    ByteArrayOutputStream program = new ByteArrayOutputStream();
    Unpacking.of(release, new ByteArrayInputStream(zip), program);
    return program.toString(UTF_8);
  }

  @Test
  void of_a_zip_only_the_program_is_taken_by_its_whole_name() throws Exception {
    String program = "restic_0.18.0_windows_amd64.exe";
    assertThat(unpacked(zip("../" + program, "LICENSE", program, "after")))
        .isEqualTo("content of " + program);
    assertThatThrownBy(() -> unpacked(zip("../" + program, "restic.exe")))
        .isInstanceOf(IOException.class)
        .hasMessage("there is no " + program + " in it");
    assertThatThrownBy(() -> unpacked("no zip at all".getBytes(UTF_8)))
        .isInstanceOf(IOException.class);
  }
}
