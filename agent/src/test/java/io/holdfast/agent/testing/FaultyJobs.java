package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * Jobs that meet a fault, and what is asked of every one: that it is told, and that others go on.
 */
public final class FaultyJobs {

  private final Site site;

  public FaultyJobs(Site site) {
    this.site = site;
  }

  /** A directory with one file that cannot be compressed. */
  public Path randomSource(String name, int kibibytes) throws IOException {
    Path source = Files.createDirectories(site.directory().resolve("src").resolve(name));
    Random random = new Random(name.hashCode());
    byte[] block = new byte[1024];
    try (OutputStream file = Files.newOutputStream(source.resolve("random"))) {
      for (int i = 0; i < kibibytes; i++) {
        random.nextBytes(block);
        file.write(block);
      }
    }
    return source;
  }

  /** A job that needs this many seconds; without a schedule. */
  public UUID slow(String name, int seconds) throws IOException {
    int kibibytesPerSecond = 300;
    UUID job =
        site.controlPlane()
            .job(Site.DEVICE, name, randomSource(name, kibibytesPerSecond * seconds).toString());
    site.controlPlane()
        .execute(
            "UPDATE backup_jobs SET restic_args ="
                + " '[\"--limit-upload\", \"300\", \"--pack-size\", \"4\"]' WHERE id = ?",
            job);
    return job;
  }

  /** The same, due that often and for the first time so long after the agent has seen it. */
  public UUID slowEvery(int everySeconds, String name, int seconds) throws IOException {
    UUID job = slow(name, seconds);
    site.controlPlane().everySeconds(job, everySeconds);
    return job;
  }

  /** Takes its slowness away. */
  public void quick(UUID job) {
    site.controlPlane().execute("UPDATE backup_jobs SET restic_args = '[]' WHERE id = ?", job);
  }

  /** A job without a schedule. */
  public UUID job(String name) throws IOException {
    return site.controlPlane().job(Site.DEVICE, name, site.source(name, 2).toString());
  }

  /** How often, and after how many seconds for the first time, its failed runs are repeated. */
  public void retries(UUID job, int most, int delay) {
    site.controlPlane()
        .execute(
            "UPDATE backup_jobs SET max_retries = ?, retry_delay_seconds = ? WHERE id = ?",
            most,
            delay,
            job);
  }

  /** The daemon runs it now, and not again while the test lasts. */
  public void due(UUID job) {
    site.controlPlane().everySeconds(job, 86_400);
  }

  /** A new job runs to a good end in the daemon. */
  public Map<String, Object> goOn(String name) throws IOException {
    due(job(name));
    Map<String, Object> run = site.awaitRuns(name, 1);
    assertThat(run).as("a job beside the fault").containsEntry("outcome", "success");
    return run;
  }

  /** The run's row says what happened: no snapshot, a code for scripts, one sentence for people. */
  public void failed(Map<String, Object> run, String code, String words) {
    assertThat(run)
        .containsEntry("status", "failed")
        .containsEntry("outcome", "failed")
        .containsEntry("snapshot_id", null);
    assertThat((String) run.get("error_message")).contains(words).hasLineCount(1);
    assertThat(code(run)).isEqualTo(code);
  }

  public String code(Map<String, Object> run) {
    return (String)
        site.controlPlane()
            .row(
                "SELECT metadata->>'code' AS code FROM runs WHERE run_uuid = ?",
                run.get("run_uuid"))
            .get("code");
  }

  /** The row says it, and so do the problems and the log. */
  public void told(Map<String, Object> run, String code, String words) throws IOException {
    failed(run, code, words);
    eventually()
        .untilAsserted(() ->
            assertThat(problems(run))
                .singleElement()
                .satisfies(problem -> assertThat(problem).containsEntry("code", code))
                .satisfies(problem ->
                    assertThat((String) problem.get("message")).contains(words).hasLineCount(1)));
    assertThat(site.log()).contains(words).doesNotContain("\tat ");
  }

  /** What its newest run left to mend. */
  public List<Map<String, Object>> problems(Map<String, Object> run) {
    return site.controlPlane()
        .rows(
            "SELECT code, message FROM problems WHERE source = 'run' AND job_id = ?",
            run.get("job_id"));
  }

  /** The run repeats the one before it. */
  public void repeats(Map<String, Object> run, Map<String, Object> before) {
    assertThat(run)
        .containsEntry("triggered_by", "retry")
        .containsEntry("retry_of", before.get("run_uuid"))
        .containsEntry("attempt", (Integer) before.get("attempt") + 1);
  }
}
