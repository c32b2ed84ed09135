package io.holdfast.agent.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.restic.KeepRules;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A row of {@code retention_policies} as JSON, named as its columns. */
final class RetentionPolicyJson {

  private static final List<String> PERIODS =
      List.of("hourly", "daily", "weekly", "monthly", "yearly");

  private RetentionPolicyJson() {}

  /** Empty if all stay. */
  static Optional<KeepRules> rules(JsonNode policy) {
    if (policy.path("keep_all").asBoolean()) {
      return Optional.empty();
    }
    Map<String, Integer> counts = new HashMap<>();
    Map<String, String> within = new HashMap<>();
    count(policy, "last", counts);
    within(policy, "keep_within", "", within);
    for (String period : PERIODS) {
      count(policy, period, counts);
      within(policy, "keep_within_" + period, period, within);
    }
    return Optional.of(
        new KeepRules(
            counts, within, policy.path("keep_tags").valueStream().map(JsonNode::asText).toList()));
  }

  private static void count(JsonNode policy, String period, Map<String, Integer> counts) {
    JsonNode count = policy.path("keep_" + period);
    if (count.isInt()) {
      counts.put(period, count.asInt());
    }
  }

  private static void within(
      JsonNode policy, String column, String period, Map<String, String> within) {
    JsonNode time = policy.path(column);
    if (time.isTextual()) {
      within.put(period, time.asText());
    }
  }
}
