package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.PostgresContents;
import io.holdfast.agent.run.LastContents;
import io.holdfast.agent.state.LastContentsFile;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The machine's own memory, which is there without the database, and the control plane's rows. */
final class RememberedContents implements LastContents {

  private static final Logger log = LoggerFactory.getLogger(RememberedContents.class);

  private final LastContentsFile file;
  private final PostgresContents controlPlane;

  RememberedContents(LastContentsFile file, PostgresContents controlPlane) {
    this.file = file;
    this.controlPlane = controlPlane;
  }

  @Override
  public Optional<Contents> of(UUID job) {
    return file.of(job);
  }

  @Override
  public void remember(UUID job, Contents contents) {
    file.remember(job, contents);
  }

  @Override
  public Optional<Known> known(UUID job, Instant run) {
    try {
      return Optional.of(controlPlane.before(job, run));
    } catch (ControlPlaneException e) {
      log.debug("going by this machine's own memory: {}", e.getMessage());
      return Optional.empty();
    }
  }
}
