package io.holdfast.agent.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that lost a part, or got one of another file, is no file of ours any more. */
class FileJsonTest {

  private static Map<String, Integer> read(String json) throws IOException {
    return FileJson.read(json.getBytes(StandardCharsets.UTF_8), new TypeReference<>() {});
  }

  @Test
  void what_is_whole_is_read() throws IOException {
    assertThat(read("{\"a\": 1} \n")).containsEntry("a", 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "null\"1", "{\"a\": 1}}", "{\"a\": 1} {}", "{\"a\": null}", ""})
  void what_is_damaged_is_an_error_and_never_nothing(String json) {
    assertThatThrownBy(() -> read(json)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> FileJson.read("null".getBytes(StandardCharsets.UTF_8), String.class))
        .isInstanceOf(IOException.class);
  }
}
