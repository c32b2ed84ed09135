package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.maintenance.CopyBook.TargetRow;
import io.holdfast.agent.maintenance.Housekeeper;
import io.holdfast.agent.maintenance.Kind;
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
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is due in the copy targets, if this device is a housekeeper. In a loop of its own: a
 * first copy over a slow line may take days, and the devices' own repository does not wait for it.
 */
final class CopyTurn implements Loop.Turn {

  private static final Logger log = LoggerFactory.getLogger(CopyTurn.class);

  private static final Duration NO_HOUSEKEEPER = Duration.ofHours(1);
  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);
  private static final Duration ANOTHER_IS_AT_IT = Duration.ofSeconds(10);

  private final Housekeeper housekeeper;
  private final CopyTargets targets;
  private final ResticProvider provider;
  private final Supplier<Optional<DeviceConfig>> config;
  private final Clock clock;
  private final Cancellation cancellation = new Cancellation();

  CopyTurn(
      Housekeeper housekeeper,
      CopyTargets targets,
      ResticProvider provider,
      Supplier<Optional<DeviceConfig>> config,
      Clock clock) {
    this.housekeeper = housekeeper;
    this.targets = targets;
    this.provider = provider;
    this.config = config;
    this.clock = clock;
  }

  @Override
  public Duration take() throws InterruptedException {
    Optional<Settings> settings =
        config
            .get()
            .filter(known -> known.device().enabled() && known.device().housekeeper())
            .map(DeviceConfig::settings)
            .filter(known -> RepositoryAccess.missing(known).isEmpty());
    if (settings.isEmpty()) {
      return NO_HOUSEKEEPER;
    }
    Duration wait = LOOK_EVERY;
    try {
      Restic restic = provider.get();
      for (TargetRow row : targets.all()) {
        wait = Waiter.atMost(look(row, restic, settings.get()), wait);
      }
    } catch (ControlPlaneException e) {
      log.debug("no copies without the control plane: {}", e.getMessage());
    } catch (ResticUnavailable e) {
      log.debug("no copies without restic: {}", e.getMessage());
    }
    return wait;
  }

  /** A target is asked for nothing while nothing is due there: it may be far away, or asleep. */
  private Duration look(TargetRow row, Restic restic, Settings settings)
      throws ControlPlaneException, InterruptedException {
    Set<Kind> due = housekeeper.dueIn(row.name());
    if (!due.isEmpty() && !cancellation.isCancelled()) {
      boolean copies = due.contains(Kind.COPY);
      var _ = housekeeper.look(targets.place(row, restic, settings, copies), cancellation);
    }
    return housekeeper.nextIn(row.name()).map(this::until).orElse(LOOK_EVERY);
  }

  private Duration until(Instant next) {
    Duration left = Duration.between(clock.instant(), next);
    return left.compareTo(Duration.ofSeconds(1)) < 0 ? ANOTHER_IS_AT_IT : left;
  }

  /** What goes on is ended cleanly, and is due again when an agent runs. */
  void beginStop() {
    cancellation.agentStops();
  }
}
