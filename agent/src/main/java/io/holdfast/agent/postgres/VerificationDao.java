package io.holdfast.agent.postgres;

import io.holdfast.agent.run.RunRecord.ProofEnded;
import org.jdbi.v3.core.Handle;

/** The table {@code verifications}. */
final class VerificationDao {

  private VerificationDao() {}

  // A proof outlives its job: if that was deleted meanwhile, job_id stays empty and job_name tells.
  private static final String PUT =
      """
      INSERT INTO verifications (id, job_id, job_name, device_id, snapshot_id, triggered_by, start_time, end_time, outcome,
                                 code, message, files, bytes, with_source, failures)
      VALUES (:id, (SELECT j.id FROM backup_jobs j WHERE j.id = :job), :name, :device, :snapshot, :trigger, :start, :end,
              :outcome, :code, :message, :files, :bytes, :source, :failures)
      ON CONFLICT (id) DO NOTHING
      """;

  static void put(Handle handle, ProofEnded proof) {
    handle
        .createUpdate(PUT)
        .bind("id", proof.uuid())
        .bind("job", proof.jobId())
        .bind("name", proof.jobName())
        .bind("device", proof.deviceId())
        .bind("snapshot", proof.snapshotId().orElse(null))
        .bind("trigger", proof.triggeredBy().word())
        .bind("start", Times.write(proof.startedAt()))
        .bind("end", Times.write(proof.endedAt()))
        .bind("outcome", proof.verdict().outcome().word())
        .bind("code", proof.verdict().code())
        .bind("message", proof.verdict().sentence().isEmpty() ? null : proof.verdict().sentence())
        .bind("files", proof.files())
        .bind("bytes", proof.bytes())
        .bind("source", proof.withSource())
        .bind("failures", proof.failures().toArray(new String[0]))
        .execute();
  }
}
