package io.holdfast.agent.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.HousekeepingBook;
import io.holdfast.agent.maintenance.RetentionWork;
import io.holdfast.agent.maintenance.Task;
import io.holdfast.agent.restic.ForgetReport.Kept;
import io.holdfast.agent.restic.KeepRules.Dated;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.restic.RepositoryKeys;
import io.holdfast.agent.restic.SnapshotEntry;
import io.holdfast.agent.run.HousekeepingRun;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What a housekeeper reads and writes. */
public final class PostgresHousekeepingBook implements HousekeepingBook {

  private final Database database;
  private final String deviceId;

  public PostgresHousekeepingBook(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  @Override
  public List<Task> tasks(String repositoryId, Optional<String> target)
      throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT * FROM holdfast.housekeeping_of(?, ?, CAST(? AS varchar))",
                deviceId,
                repositoryId,
                target.orElse(null))
            .map((row, _) -> HousekeepingDao.task(row))
            .list()
            .stream()
            .flatMap(Optional::stream)
            .toList());
  }

  @Override
  public List<RetentionWork> retention(String repositoryId, Optional<String> target)
      throws ControlPlaneException {
    return database.call(handle ->
        (target.isEmpty()
                ? handle.select(
                    "SELECT * FROM holdfast.retention_work(?, ?)", deviceId, repositoryId)
                : handle.select(
                    "SELECT * FROM holdfast.retention_work(?, ?, ?)",
                    deviceId,
                    repositoryId,
                    target.get()))
            .map((row, _) ->
                new RetentionWork(
                    row.getObject("job_id", UUID.class),
                    row.getString("job_name"),
                    row.getString("device_id"),
                    RetentionPolicyJson.rules(Json.read(row.getString("policy"))).orElseThrow()))
            .list());
  }

  @Override
  public Optional<JobPolicy> policyOf(String jobNameOrId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT * FROM holdfast.policy_of(?, ?)", deviceId, jobNameOrId)
            .map((row, _) ->
                new JobPolicy(
                    row.getObject("job_id", UUID.class),
                    row.getString("job_name"),
                    row.getString("device_id"),
                    Optional.ofNullable(row.getString("policy")),
                    Optional.ofNullable(row.getString("rules"))
                        .map(Json::read)
                        .flatMap(RetentionPolicyJson::rules)))
            .findOne());
  }

  @Override
  public void begun(HousekeepingRun run) throws ControlPlaneException {
    database.call(handle -> HousekeepingDao.begun(handle, run));
  }

  @Override
  public void process(UUID run, ProcessIdentity process, String kernel)
      throws ControlPlaneException {
    String json =
        Json.write(Map.of("pid", process.pid(), "started", process.started(), "kernel", kernel));
    database.call(handle -> HousekeepingDao.process(handle, run, json));
  }

  @Override
  public List<LeftBehind> leftBehind(String repositoryId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT * FROM holdfast.left_behind(?, ?)", deviceId, repositoryId)
            .map((row, _) -> left(row.getString("device_id"), Json.read(row.getString("process"))))
            .list());
  }

  private static LeftBehind left(String device, JsonNode process) {
    return new LeftBehind(
        device,
        new ProcessIdentity(process.path("pid").asLong(), process.path("started").asText()),
        process.path("kernel").asText());
  }

  @Override
  public List<Dated> candidates(String repositoryId, UUID jobId) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT * FROM holdfast.forget_candidates(?, ?, ?)", deviceId, repositoryId, jobId)
            .map((row, _) ->
                new Dated(
                    row.getString("id"),
                    Times.local(row, "time", "local_time"),
                    List.of((String[]) row.getArray("tags").getArray()),
                    row.getBoolean("hollow")))
            .list());
  }

  @Override
  public boolean forgetBegins(String repositoryId, UUID jobId, List<String> ids)
      throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT holdfast.forget_begins(?, ?, ?, ?)",
                deviceId,
                repositoryId,
                jobId,
                ids.toArray(String[]::new))
            .mapTo(Boolean.class)
            .one());
  }

  @Override
  public void judged(String repositoryId, UUID jobId, List<Kept> kept)
      throws ControlPlaneException {
    String rules =
        Json.write(
            kept.stream()
                .map(snapshot -> Map.of("id", snapshot.id(), "rules", snapshot.rules()))
                .toList());
    database.call(handle ->
        handle.execute(
            "SELECT holdfast.forget_judged(?, ?, ?, CAST(? AS jsonb))",
            deviceId,
            repositoryId,
            jobId,
            rules));
  }

  @Override
  public Instant beginList() throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select("SELECT holdfast.catalogue_begin()")
            .mapTo(OffsetDateTime.class)
            .one()
            .toInstant());
  }

  @Override
  public void list(String repositoryId, Instant begun, List<SnapshotEntry> part)
      throws ControlPlaneException {
    String rows = Json.write(part.stream().map(SnapshotRow::of).toList());
    database.call(handle ->
        handle.execute(
            "SELECT holdfast.catalogue_put(?, ?, ?, CAST(? AS jsonb))",
            deviceId,
            repositoryId,
            Times.write(begun),
            rows));
  }

  @Override
  public Compared endList(String repositoryId, Instant begun) throws ControlPlaneException {
    return database.call(handle ->
        handle
            .select(
                "SELECT * FROM holdfast.catalogue_end(?, ?, ?)",
                deviceId,
                repositoryId,
                Times.write(begun))
            .map((row, _) ->
                new Compared(
                    row.getInt("forgotten"),
                    row.getInt("gone"),
                    row.getInt("vanished"),
                    row.getInt("refused")))
            .one());
  }

  @Override
  public void keys(String repositoryId, Optional<String> target, List<RepositoryKeys.Key> keys)
      throws ControlPlaneException {
    String rows =
        Json.write(
            keys.stream()
                .map(key ->
                    Map.of(
                        "id", key.id(),
                        "user", key.user(),
                        "host", key.host(),
                        "created", key.created(),
                        "current", key.current()))
                .toList());
    database.call(handle ->
        handle.execute(
            "SELECT holdfast.keys_seen(?, ?, CAST(? AS varchar), CAST(? AS jsonb))",
            deviceId,
            repositoryId,
            target.orElse(null),
            rows));
  }
}
