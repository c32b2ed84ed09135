package io.holdfast.agent.postgres;

import io.holdfast.agent.sync.Request;
import io.holdfast.agent.text.Visible;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The table {@code requests}. */
final class RequestDao {

  private RequestDao() {}

  // One that was claimed and has no result yet came to nothing when the agent was ended: it is
  // claimed again, by the same agent.
  private static final String CLAIM =
      """
      UPDATE requests
      SET status = 'claimed', claimed_at = coalesce(claimed_at, now()), claimed_by = :instance
      WHERE id IN (
        SELECT id
        FROM requests
        WHERE device_id = :device
          AND (status = 'pending' AND expires_at > now()
               OR status = 'claimed' AND result IS NULL
                  AND NOT holdfast.claimed_by_another(:device, claimed_by, :instance))
        FOR UPDATE SKIP LOCKED
      )
      RETURNING id, kind, job_id, run_uuid, parameters, requested_by, created_at, claimed_at < now() AS again
      """;

  static List<Request> claim(Handle handle, String deviceId, UUID instance) {
    return handle
        .createQuery(
            "WITH claimed AS (" + CLAIM + ") SELECT * FROM claimed ORDER BY created_at, id")
        .bind("device", deviceId)
        .bind("instance", instance)
        .map((row, _) -> request(row))
        .list();
  }

  private static Request request(ResultSet row) throws SQLException {
    return new Request(
        row.getObject("id", UUID.class),
        row.getString("kind"),
        Optional.ofNullable(row.getObject("job_id", UUID.class)),
        Optional.ofNullable(row.getObject("run_uuid", UUID.class)),
        Optional.ofNullable(row.getString("parameters")),
        row.getString("requested_by"),
        row.getBoolean("again"));
  }

  private static final String BEGUN =
      """
      UPDATE requests
      SET result = jsonb_build_object('run_uuid', CAST(:run AS text))
      WHERE id = :id AND device_id = :device AND status = 'claimed'
      """;

  static void begun(Handle handle, String deviceId, UUID request, UUID run) {
    handle
        .createUpdate(BEGUN)
        .bind("id", request)
        .bind("device", deviceId)
        .bind("run", run)
        .execute();
  }

  // A device that was away for long has its word though others have given it up.
  private static final String ANSWER =
      """
      UPDATE requests
      SET status = :status, finished_at = now(), message = :message,
          result = coalesce(result, '{}') - 'provisional' || CAST(:result AS jsonb)
      WHERE id = :id AND device_id = :device
        AND (status IN ('pending', 'claimed')
             OR kind = 'restore' AND status = 'failed' AND result ->> 'code' = 'device-away')
      """;

  static void answer(
      Handle handle,
      String deviceId,
      UUID request,
      boolean done,
      String message,
      Map<String, Object> result) {
    handle
        .createUpdate(ANSWER)
        .bind("id", request)
        .bind("device", deviceId)
        .bind("status", done ? "done" : "failed")
        .bind("message", Visible.of(message))
        .bind("result", Json.write(result))
        .execute();
  }
}
