package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;

/** An admin who asks a machine for restores by rows, and reads what came of them. */
public final class RestoreRequests {

  private static final String ANSWER =
      "SELECT q.status, q.message, q.result->>'outcome' AS outcome, r.status AS restore, r.code,"
          + " r.message AS said, r.files, r.job_id, r.snapshot_id, r.requested_by,"
          + " r.end_time IS NOT NULL AS ended, r.progress"
          + " FROM requests q LEFT JOIN restores r ON r.id = q.id WHERE q.id = ?";

  private final Site site;

  public RestoreRequests(Site site) {
    this.site = site;
  }

  /** The machine's own file permits rows to restore below these; an agent has to read it yet. */
  public void permit(String roots) throws IOException {
    Files.writeString(
        site.config(), "policy:\n  restore_roots: " + roots + "\n", StandardOpenOption.APPEND);
  }

  /** A job that was backed up. */
  public UUID job(String name, int files) throws IOException {
    return backedUp(name, site.source(name, files));
  }

  public UUID backedUp(String name, Path source) {
    UUID job = site.controlPlane().job(site.device(), name, source.toString());
    Program.Result backup = site.holdfast("backup", name);
    assertThat(backup.exitCode()).as(backup.all()).isZero();
    return job;
  }

  public UUID ask(UUID job, Path target) {
    return ask(job, "{\"to\": \"" + target + "\"}");
  }

  public UUID ask(UUID job, String parameters) {
    return id(
        "INSERT INTO requests (kind, job_id, parameters) VALUES ('restore', ?, CAST(? AS jsonb))"
            + " RETURNING id",
        job,
        parameters);
  }

  public UUID cancel(UUID restore) {
    return id("INSERT INTO requests (kind, run_uuid) VALUES ('cancel', ?) RETURNING id", restore);
  }

  public UUID id(String sql, Object... arguments) {
    return (UUID) site.controlPlane().row(sql, arguments).get("id");
  }

  /** What stands in {@code restores}; {@code none} if there is no row. */
  public String status(UUID id) {
    return site.controlPlane().rows("SELECT status FROM restores WHERE id = ?", id).stream()
        .map(row -> (String) row.get("status"))
        .findFirst()
        .orElse("none");
  }

  /** Waits for the answer; with it the row of the restore. */
  public Map<String, Object> answer(UUID id) {
    eventually()
        .until(() ->
            !String.valueOf(site.controlPlane().row(ANSWER, id).get("status"))
                .matches("pending|claimed"));
    return site.controlPlane().row(ANSWER, id);
  }

  /** It is answered with a refusal in one line, and nothing was restored. */
  public void refused(UUID id, String code, String... words) {
    Map<String, Object> answer = answer(id);
    assertThat(answer)
        .as("%s", answer)
        .containsEntry("status", "failed")
        .containsEntry("restore", "failed")
        .containsEntry("code", code)
        .containsEntry("files", 0L);
    assertThat((String) answer.get("message"))
        .contains(words)
        .hasLineCount(1)
        .endsWith(".")
        .doesNotContain("Exception", Site.REPOSITORY_PASSWORD)
        .doesNotContainPattern("--(to|at|into|overwrite)");
  }
}
