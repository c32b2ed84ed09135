package io.holdfast.agent.daemon;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.files.FileJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code status.json} in the state directory. Written by Jackson's object mapper, but read without
 * it: {@code holdfast status} would wait for the mapper's start as long as for all the rest.
 */
final class LocalStatusFile {

  private static final String FILE = "status.json";

  private LocalStatusFile() {}

  /** Made by the daemon alone. */
  private static final class Written {
    static final ObjectMapper JSON =
        FileJson.JSON.copy().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
  }

  static void write(Path stateDirectory, LocalStatus status) {
    Path written = stateDirectory.resolve(FILE + ".new");
    try {
      Files.write(written, Written.JSON.writeValueAsBytes(status));
      Files.move(
          written,
          stateDirectory.resolve(FILE),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the status file in " + stateDirectory + " cannot be written", e);
    }
  }

  static Optional<LocalStatus> read(Path stateDirectory) {
    try (JsonParser parser =
        new JsonFactory().createParser(Files.readAllBytes(stateDirectory.resolve(FILE)))) {
      return parser.nextToken() == JsonToken.START_OBJECT
          ? Optional.of(status(new Fields(object(parser))))
          : Optional.empty();
    } catch (IOException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static LocalStatus status(Fields fields) throws IOException {
    List<NextRun> jobs = new ArrayList<>();
    for (Fields job : fields.objects("jobs")) {
      jobs.add(new NextRun(job.text("job"), job.time("next_run_at")));
    }
    List<Notice> problems = new ArrayList<>();
    for (Fields problem : fields.objects("problems")) {
      problems.add(notice(problem));
    }
    Optional<Fields> failure = fields.object("sync_failure");
    return new LocalStatus(
        fields.needed("pid", Long.class),
        fields.text("agent_version"),
        Instant.parse(fields.text("started_at")),
        fields.time("last_sync_at"),
        failure.isPresent() ? Optional.of(notice(failure.get())) : Optional.empty(),
        fields.field("device_enabled", Boolean.class),
        jobs,
        problems);
  }

  private static Notice notice(Fields fields) throws IOException {
    return new Notice(
        fields.text("subject"),
        fields.text("code"),
        fields.text("severity"),
        fields.text("message"),
        fields.text("remedy"));
  }

  /** A JSON object; what a newer agent has added to it is passed over. */
  private static final class Fields {

    private final Map<?, ?> values;

    Fields(Map<?, ?> values) {
      this.values = values;
    }

    <T> Optional<T> field(String name, Class<T> type) throws IOException {
      Object value = values.get(name);
      if (value != null && !type.isInstance(value)) {
        throw new IOException(name + " is something else");
      }
      return Optional.ofNullable(type.cast(value));
    }

    <T> T needed(String name, Class<T> type) throws IOException {
      return field(name, type).orElseThrow(() -> new IOException(name + " is missing"));
    }

    String text(String name) throws IOException {
      return needed(name, String.class);
    }

    Optional<Instant> time(String name) throws IOException {
      return field(name, String.class).map(Instant::parse);
    }

    Optional<Fields> object(String name) throws IOException {
      return field(name, Map.class).map(Fields::new);
    }

    List<Fields> objects(String name) throws IOException {
      List<Fields> objects = new ArrayList<>();
      for (Object element : needed(name, List.class)) {
        if (!(element instanceof Map<?, ?> object)) {
          throw new IOException(name + " holds something else");
        }
        objects.add(new Fields(object));
      }
      return objects;
    }
  }

  private static Map<String, Object> object(JsonParser parser) throws IOException {
    Map<String, Object> values = new HashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      Optional<Object> value = value(parser);
      if (value.isPresent()) {
        values.put(name, value.get());
      }
    }
    return values;
  }

  private static List<Object> array(JsonParser parser) throws IOException {
    List<Object> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      value(parser).ifPresent(values::add);
    }
    return values;
  }

  /** Empty for null, and for a number that is not whole: the file has none. */
  private static Optional<Object> value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> Optional.of(object(parser));
      case START_ARRAY -> Optional.of(array(parser));
      case VALUE_STRING -> Optional.of(parser.getText());
      case VALUE_NUMBER_INT -> Optional.of(parser.getLongValue());
      case VALUE_TRUE, VALUE_FALSE -> Optional.of(parser.getBooleanValue());
      default -> Optional.empty();
    };
  }
}
