package io.holdfast.agent.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.ConfigRows.DeviceRow;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import io.holdfast.agent.sync.ConfigRows.LimitColumns;
import io.holdfast.agent.sync.ConfigRows.ScheduleRow;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import io.holdfast.agent.sync.ConfigRows.VerifyColumns;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What {@code holdfast.agent_sync} answers: rows as JSON, named as their columns. */
record SyncAnswer(JsonNode json) {

  int schemaVersion() {
    return json.path("schema_version").asInt();
  }

  int oldestAgentSchema() {
    return json.path("oldest_agent_schema").asInt();
  }

  /** Of the configuration; to be compared for equality only. */
  String revision() {
    return json.path("revision").asText();
  }

  Server server() {
    return new Server(
        OffsetDateTime.parse(json.path("time").asText()).toInstant(),
        json.path("server").asText(),
        json.path("requests_wait").asBoolean(),
        revision(),
        text(json, "shared"),
        json.path("renew_instance").asBoolean());
  }

  DeviceRow device() {
    JsonNode device = json.path("device");
    return new DeviceRow(
        device.path("id").asText(),
        device.path("name").asText(),
        device.path("enabled").asBoolean(),
        device.path("housekeeper").asBoolean());
  }

  /** Whether the configuration came with it, as it does when it is of another revision. */
  boolean hasConfiguration() {
    return json.has("jobs");
  }

  ConfigRows rows() {
    return new ConfigRows(
        device(),
        json.path("jobs").valueStream().map(SyncAnswer::job).toList(),
        json.path("schedules").valueStream().map(SyncAnswer::schedule).toList(),
        json.path("settings").valueStream().map(SyncAnswer::setting).toList(),
        server());
  }

  private static JobRow job(JsonNode row) {
    return new JobRow(
        uuid(row, "id").orElseThrow(),
        row.path("name").asText(),
        texts(row.path("source_paths")),
        texts(row.path("exclude_patterns")),
        texts(row.path("tags")),
        Optional.of(row.path("restic_args")).filter(SyncAnswer::isThere).map(JsonNode::toString),
        row.path("enabled").asBoolean(),
        text(row, "origin_name"),
        uuid(row, "account_id"),
        new LimitColumns(
            row.path("max_retries").asInt(),
            row.path("retry_delay_seconds").asInt(),
            number(row, "timeout_seconds"),
            row.path("retry_lock_seconds").asInt()),
        new VerifyColumns(
            text(row, "verify_schedule"),
            row.path("verify_files").asInt(),
            row.path("verify_bytes").asLong()),
        text(row, "kind"));
  }

  private static ScheduleRow schedule(JsonNode row) {
    return new ScheduleRow(
        row.path("id").asInt(),
        uuid(row, "job_id").orElseThrow(),
        row.path("schedule_type").asText(),
        text(row, "cron_expression"),
        number(row, "interval_seconds"),
        text(row, "timezone"),
        row.path("enabled").asBoolean(),
        text(row, "last_run_at").map(SyncAnswer::instant),
        row.path("catch_up").asBoolean());
  }

  private static SettingRow setting(JsonNode row) {
    return new SettingRow(
        isThere(row.path("device_id")), row.path("key").asText(), row.path("value").asText());
  }

  private static boolean isThere(JsonNode value) {
    return !value.isNull() && !value.isMissingNode();
  }

  private static Optional<String> text(JsonNode row, String column) {
    return Optional.of(row.path(column)).filter(SyncAnswer::isThere).map(JsonNode::asText);
  }

  private static Optional<Integer> number(JsonNode row, String column) {
    return Optional.of(row.path(column)).filter(SyncAnswer::isThere).map(JsonNode::asInt);
  }

  private static Optional<UUID> uuid(JsonNode row, String column) {
    return text(row, column).map(UUID::fromString);
  }

  private static Instant instant(String time) {
    return OffsetDateTime.parse(time).toInstant();
  }

  /** Empty for an element that is NULL. */
  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(element -> element.isNull() ? "" : element.asText()).toList();
  }
}
