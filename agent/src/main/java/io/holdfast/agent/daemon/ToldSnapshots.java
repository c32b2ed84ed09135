package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.PostgresToldSnapshots;
import io.holdfast.agent.report.ToldRecords;
import io.holdfast.agent.run.Told;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the control plane, which knows all that was ever told, and the machine's own records: they
 * have what the control plane was not told yet, and without it they are all that there is.
 */
final class ToldSnapshots implements Told.Source {

  private static final Logger log = LoggerFactory.getLogger(ToldSnapshots.class);

  private final PostgresToldSnapshots controlPlane;
  private final ToldRecords records;

  ToldSnapshots(PostgresToldSnapshots controlPlane, ToldRecords records) {
    this.controlPlane = controlPlane;
    this.records = records;
  }

  @Override
  public Told of(Collection<UUID> jobs) {
    try {
      List<Told.Word> all = new ArrayList<>(controlPlane.of(jobs));
      all.addAll(records.words());
      return new Told(all, true);
    } catch (ControlPlaneException e) {
      log.debug("going by this machine's own records: {}", e.getMessage());
      return byRecords();
    }
  }

  /** What is known when the control plane is away. */
  Told byRecords() {
    return new Told(records.words(), false);
  }
}
