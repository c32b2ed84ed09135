package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Problem;
import io.holdfast.agent.state.RefusedSinceFile;
import io.holdfast.agent.sync.ConfigSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the device was retired, and so is to make no backups any more. The control plane says it;
 * an agent that was away then finds its login closed, and takes that for it after a day. A wrong
 * password or a server that is away never count: backups go on then.
 */
final class Retirement {

  static final Duration PATIENCE = Duration.ofDays(1);

  private static final Set<String> REFUSALS =
      Set.of(ConfigSource.LOGIN_CLOSED, ConfigSource.LOGIN_OF_ANOTHER);

  private final RefusedSinceFile refused;

  /** What the control plane has said; soon after it closes the login and says no more. */
  private Optional<Problem> told = Optional.empty();

  Retirement(RefusedSinceFile refused) {
    this.refused = refused;
  }

  /** The control plane has answered as it does to a device. */
  void deny() {
    refused.end();
    told = Optional.empty();
  }

  /**
   * Judges why a sync failed.
   *
   * @return the problem that the device was retired, if it was
   */
  Optional<Problem> after(Problem failure, Instant now) {
    if (failure.code().equals(ConfigSource.RETIRED)) {
      told = Optional.of(failure);
      return told;
    }
    if (!REFUSALS.contains(failure.code())) {
      return Optional.empty();
    }
    if (told.isPresent()) {
      return told;
    }
    refused.begin(now);
    return refused
        .since()
        .filter(since -> Duration.between(since, now).compareTo(PATIENCE) >= 0)
        .map(since ->
            Problem.ofDevice(
                ConfigSource.RETIRED,
                failure.message()
                    + "; it has done so since "
                    + since
                    + ", so the device counts as retired and makes no backups by schedule any more",
                failure.remedy()));
  }
}
