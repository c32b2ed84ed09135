package io.holdfast.agent.e2e;

import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** A job whose every run takes several seconds, so that something can happen meanwhile. */
final class SlowJob {

  private static final int KIBIBYTES_PER_SECOND = 200;

  private SlowJob() {}

  /** Adds one, due the given time after the agent first sees it. */
  static UUID added(Site site, String name, int everySeconds, int seconds) throws IOException {
    Path source = site.source(name, 1);
    changed(source, seconds);
    UUID job = site.controlPlane().job(Site.DEVICE, name, source.toString());
    site.controlPlane()
        .execute(
            "UPDATE backup_jobs SET restic_args = CAST(? AS jsonb) WHERE id = ?",
            "[\"--limit-upload\", \"" + KIBIBYTES_PER_SECOND + "\"]",
            job);
    site.controlPlane().everySeconds(job, everySeconds);
    return job;
  }

  private static void changed(Path source, int seconds) throws IOException {
    byte[] random = new byte[seconds * KIBIBYTES_PER_SECOND * 1024];
    ThreadLocalRandom.current().nextBytes(random);
    Files.write(source.resolve("large"), random);
  }
}
