package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.Housekeeper;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.maintenance.RepositoryIds;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.ResticProvider;
import io.holdfast.agent.sync.DeviceConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what is due to the repository, if this device is one of the fleet's housekeepers. */
final class HousekeepingTurn implements Loop.Turn {

  private static final Logger log = LoggerFactory.getLogger(HousekeepingTurn.class);

  /** A change of the device wakes us. */
  private static final Duration NO_HOUSEKEEPER = Duration.ofHours(1);

  /** What is to be done, and when, may be changed at any time. */
  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  private final Housekeeper housekeeper;
  private final RepositoryIds ids;
  private final ResticProvider provider;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Clock clock;
  private final Cancellation cancellation = new Cancellation();

  HousekeepingTurn(
      Housekeeper housekeeper,
      RepositoryIds ids,
      ResticProvider provider,
      Supplier<Optional<DeviceConfig>> config,
      Clock clock) {
    this.housekeeper = housekeeper;
    this.ids = ids;
    this.provider = provider;
    this.config = config;
    this.clock = clock;
  }

  @Override
  public Duration take() throws InterruptedException {
    Optional<DeviceConfig> now =
        config
            .get()
            .filter(known -> known.device().enabled() && known.device().housekeeper())
            .filter(known -> RepositoryAccess.missing(known.settings()).isEmpty());
    if (now.isEmpty()) {
      return NO_HOUSEKEEPER;
    }
    try {
      Restic restic = provider.get();
      Optional<String> id = ids.of(restic, RepositoryAccess.of(now.get().settings()));
      if (id.isEmpty()) {
        return LOOK_EVERY;
      }
      return housekeeper
          .look(Workplace.of(restic, now.get().settings(), id.get()), cancellation)
          .map(next -> Waiter.atMost(until(next), LOOK_EVERY))
          .orElse(LOOK_EVERY);
    } catch (ControlPlaneException e) {
      log.debug("no housekeeping without the control plane: {}", e.getMessage());
    } catch (ResticUnavailable e) {
      log.debug("no housekeeping without restic: {}", e.getMessage());
    }
    return LOOK_EVERY;
  }

  private Duration until(Instant next) {
    Duration left = Duration.between(clock.instant(), next);
    // Another housekeeper is at it.
    return left.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(10) : left;
  }

  /** What goes on is ended cleanly, and is due again when an agent runs. */
  void beginStop() {
    cancellation.agentStops();
  }
}
