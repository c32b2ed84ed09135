package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.ConfigSource;
import io.holdfast.agent.sync.Heartbeat;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The device's configuration, read from and told to the control plane, in one round trip each. For
 * one thread.
 */
public final class PostgresConfigSource implements ConfigSource {

  private final Database database;
  private final String deviceId;
  private Optional<Known> known = Optional.empty();

  /** What was read last. */
  private record Known(String revision, ConfigRows rows) {}

  public PostgresConfigSource(Database database, String deviceId) {
    this.database = database;
    this.deviceId = deviceId;
  }

  private static final String SYNC =
      """
      SELECT holdfast.agent_sync(:device, :name, :platform, :host, CAST(:about AS jsonb), :known)::text
      """;

  /**
   * Asks for the configuration only if it is of another revision than the one that we know. Another
   * server may count otherwise: then all of it is asked for.
   */
  @Override
  public ConfigRows sync(Heartbeat heartbeat) throws ControlPlaneException {
    SyncAnswer answer = ask(heartbeat, known.map(Known::revision).orElse(""));
    boolean sameServer =
        known
            .filter(k -> k.rows().server().identity().equals(answer.server().identity()))
            .isPresent();
    if (!answer.hasConfiguration() && !sameServer) {
      return remembered(ask(heartbeat, ""));
    }
    return remembered(answer);
  }

  private ConfigRows remembered(SyncAnswer answer) {
    ConfigRows rows =
        answer.hasConfiguration()
            ? answer.rows()
            : known.orElseThrow().rows().with(answer.device(), answer.server());
    known = Optional.of(new Known(answer.revision(), rows));
    return rows;
  }

  private static final Problem RETIRED_BY_ADMIN =
      Problem.ofDevice(
          RETIRED,
          "an admin has retired this device: it makes no backups by schedule any more",
          "Stop its agent. A new token (holdfast enrol-token) brings the device back, paused.");

  private static Map<String, String> about(Heartbeat heartbeat) {
    Map<String, String> about = new LinkedHashMap<>(heartbeat.metadata());
    heartbeat
        .daemon()
        .ifPresent(daemon -> {
          about.put("instance", daemon.instance().toString());
          about.put("process", daemon.process().toString());
        });
    return about;
  }

  private SyncAnswer ask(Heartbeat heartbeat, String knownRevision) throws ControlPlaneException {
    try {
      SyncAnswer answer =
          database
              .call(handle ->
                  handle
                      .createQuery(SYNC)
                      .bind("device", deviceId)
                      .bind("name", heartbeat.deviceName())
                      .bind("platform", heartbeat.platform())
                      .bind("host", heartbeat.hostname())
                      .bind("about", Json.write(about(heartbeat)))
                      .bind("known", knownRevision)
                      .map((row, _) -> Optional.ofNullable(row.getString(1)))
                      .one())
              .map(json -> new SyncAnswer(Json.read(json)))
              .orElseThrow(() -> new ControlPlaneException(Kind.MISCONFIGURED, RETIRED_BY_ADMIN));
      SchemaCheck.require(
          answer.schemaVersion(), answer.oldestAgentSchema(), database.address().display());
      return answer;
    } catch (ControlPlaneException e) {
      if (e.problem().code().equals(DatabaseFaults.SCHEMA_MISSING)) {
        // It may only be an older one, which has a sentence of its own.
        SchemaCheck.require(database);
      }
      throw e;
    }
  }

  @Override
  public void tell(Map<Integer, Instant> nextRuns, List<Problem> problems)
      throws ControlPlaneException {
    database.call(handle -> {
      ScheduleDao.announce(handle, deviceId, nextRuns);
      ProblemDao.replaceConfigProblems(handle, deviceId, problems);
      return true;
    });
  }
}
