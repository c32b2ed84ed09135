package io.holdfast.agent.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Option;

/** {@code --json}: the same data for programs, with the names of the columns and times in UTC. */
final class JsonOutput {

  @Option(names = "--json", description = "print JSON instead of text")
  private boolean wanted;

  boolean wanted() {
    return wanted;
  }

  /** Made when it is needed: that takes as long as the rest of a command's start. */
  private static final class Made {
    static final ObjectWriter WRITER =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .addModule(words())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .defaultPropertyInclusion(
                JsonInclude.Value.construct(
                    JsonInclude.Include.NON_ABSENT, JsonInclude.Include.ALWAYS))
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(
                JsonGenerator.Feature.AUTO_CLOSE_TARGET,
                JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM)
            .disable(SerializationFeature.FLUSH_AFTER_WRITE_VALUE)
            .build()
            .writer();
  }

  /** Words as the database and the text have them, and paths as people write them. */
  private static SimpleModule words() {
    return new SimpleModule()
        .addSerializer(
            new StdSerializer<Enum<?>>(Enum.class, false) {
              @Override
              public void serialize(Enum<?> value, JsonGenerator json, SerializerProvider provider)
                  throws IOException {
                json.writeString(value.name().toLowerCase(Locale.ROOT).replace('_', '-'));
              }
            })
        .addSerializer(Path.class, ToStringSerializer.instance);
  }

  static void print(PrintWriter out, Object value) {
    print(out, value, Made.WRITER.withDefaultPrettyPrinter());
    out.flush();
  }

  /** On one line, for a reader that takes them as they come; the caller flushes. */
  static void printLine(PrintWriter out, Object value) {
    print(out, value, Made.WRITER);
  }

  private static void print(PrintWriter out, Object value, ObjectWriter writer) {
    try {
      // As it comes: a list of all snapshots is longer than one would want to hold as a text.
      writer.writeValue(out, value);
      out.println();
    } catch (IOException e) {
      throw new IllegalStateException("a value of ours is not JSON", e);
    }
  }
}
