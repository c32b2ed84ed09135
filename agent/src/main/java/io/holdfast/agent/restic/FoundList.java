package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Reads the answer of {@code find --json}: an array with an object for each snapshot, whose matches
 * come before it says which snapshot it is. They may be very many, so no tree is made of them.
 */
final class FoundList {

  private static final ObjectMapper JSON = new ObjectMapper();

  private FoundList() {}

  /**
   * @param hits told the snapshot's id and what was found in it
   * @throws IOException if the answer ends in the middle, or is none
   */
  static void read(InputStream answer, BiConsumer<String, TreeNode> hits) throws IOException {
    try (JsonParser parser = JSON.createParser(answer)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.START_OBJECT) {
          inSnapshot(parser, hits);
        }
      }
    }
  }

  private static void inSnapshot(JsonParser parser, BiConsumer<String, TreeNode> hits)
      throws IOException {
    List<TreeNode> matches = new ArrayList<>();
    String id = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("matches") && value == JsonToken.START_ARRAY) {
        while (parser.nextToken() == JsonToken.START_OBJECT) {
          JsonNode match = parser.readValueAsTree();
          matches.add(TreeNode.of(match));
        }
      } else if (name.equals("snapshot")) {
        id = parser.getText();
      } else {
        parser.skipChildren();
      }
    }
    String snapshot = id;
    matches.forEach(match -> hits.accept(snapshot, match));
  }
}
