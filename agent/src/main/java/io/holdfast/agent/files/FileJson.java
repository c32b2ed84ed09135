package io.holdfast.agent.files;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** JSON as the agent's own files have it: records by their components, times as ISO 8601. */
public final class FileJson {

  public static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          // A file that a newer agent wrote is still read after a downgrade.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // What is damaged must not be taken for something that is whole and holds nothing.
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
          .build();

  private FileJson() {}

  /**
   * Reads one value.
   *
   * @throws IOException if this is no such JSON, or {@code null}
   */
  public static <T> T read(byte[] json, Class<T> type) throws IOException {
    return there(JSON.readValue(json, type));
  }

  /** The same for a type with parameters. */
  public static <T> T read(byte[] json, TypeReference<T> type) throws IOException {
    return there(JSON.readValue(json, type));
  }

  private static <T> T there(@Nullable T value) throws IOException {
    if (value == null) {
      throw new IOException("null stands in the place of a value");
    }
    return value;
  }
}
