package io.holdfast.agent.daemon;

import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.ChangeNotifications;
import io.holdfast.agent.postgres.ChangeNotifications.Heard;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears from the control plane that something has changed, and has it synced soon. */
final class NotificationTurn implements Loop.Turn {

  private static final Logger log = LoggerFactory.getLogger(NotificationTurn.class);

  private static final Duration LISTEN_FOR = Duration.ofSeconds(30);

  private final LocalConfig config;
  private final BooleanSupplier isOn;
  private final Runnable changed;
  private final NotificationPace pace = new NotificationPace(new SplittableRandom());

  /**
   * @param isOn whether a connection may be held for it
   */
  NotificationTurn(LocalConfig config, BooleanSupplier isOn, Runnable changed) {
    this.config = config;
    this.isOn = isOn;
    this.changed = changed;
  }

  @Override
  public Duration take() throws InterruptedException {
    if (!isOn.getAsBoolean()) {
      return Loop.UNTIL_WOKEN;
    }
    try (ChangeNotifications notifications =
        ChangeNotifications.listen(config.database(), config.deviceId())) {
      // What changed before we listened.
      changed.run();
      long last = System.nanoTime();
      while (isOn.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
        Heard heard = notifications.await(LISTEN_FOR);
        if (heard != Heard.NOTHING) {
          log.debug("the control plane says that something changed");
          // What comes meanwhile is heard by the next look, all at once.
          Thread.sleep(pace.pause(heard, Duration.ofNanos(System.nanoTime() - last)));
          changed.run();
          last = System.nanoTime();
        }
      }
      return Loop.UNTIL_WOKEN;
    } catch (ControlPlaneException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      // The sync, which meets the same fault, logs it.
      log.debug("changes are not heard at once for now: {}", e.getMessage());
      return retry();
    }
  }

  /** When a server restarts, it loses all listeners in one moment; they come back in many. */
  private static Duration retry() {
    return Duration.ofSeconds(ThreadLocalRandom.current().nextInt(15, 45));
  }
}
