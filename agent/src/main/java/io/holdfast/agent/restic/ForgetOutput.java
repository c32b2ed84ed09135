package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.restic.ForgetReport.Kept;
import io.holdfast.agent.restic.ForgetReport.Removed;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what {@code forget --json} answers. It is one line, however many snapshots there are, so it
 * is read as it comes.
 */
final class ForgetOutput {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Removed> removed = new ArrayList<>();
  private final List<JsonNode> kept = new ArrayList<>();
  private final List<List<String>> rules = new ArrayList<>();

  /**
   * @throws IOException if it is not what restic answers; text behind it is left unread
   */
  void read(InputStream in) throws IOException {
    try (JsonParser parser = JSON.createParser(in)) {
      parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        // Nothing at all, if there is no snapshot to judge.
        return;
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        group(parser);
      }
    }
  }

  private void group(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        parser.skipChildren();
        continue;
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        JsonNode element = JSON.readTree(parser);
        switch (field) {
          case "keep" -> kept.add(brief(element));
          case "remove" -> removed.add(new Removed(element.path("id").asText(), time(element)));
          case "reasons" -> rules.add(matches(element));
          default -> {}
        }
      }
    }
  }

  private static JsonNode brief(JsonNode snapshot) {
    return JSON.createObjectNode()
        .put("id", snapshot.path("id").asText())
        .put("time", snapshot.path("time").asText());
  }

  private static List<String> matches(JsonNode reason) {
    return reason.path("matches").valueStream().map(JsonNode::asText).toList();
  }

  private static Instant time(JsonNode snapshot) {
    return OffsetDateTime.parse(snapshot.path("time").asText()).toInstant();
  }

  /** Reasons stand in the order of what is kept; up to 0.17 they carry no id of their own. */
  ForgetReport report() {
    List<Kept> withRules = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      withRules.add(
          new Kept(
              kept.get(i).path("id").asText(),
              time(kept.get(i)),
              i < rules.size() ? rules.get(i) : List.of()));
    }
    return new ForgetReport(withRules, removed);
  }
}
