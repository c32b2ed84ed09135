package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.ConfigReview;
import io.holdfast.agent.run.DueRuns;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.ConfigSource;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.sync.Heartbeat;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** One sync: heartbeat out, configuration in, and what we make of it told back. */
final class SyncTurn implements Loop.Turn {

  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  /** What was told last; told again only when it differs. */
  private record Told(Map<Integer, Instant> nextRuns, List<Problem> problems) {}

  private final ConfigSource source;
  private final Supplier<Heartbeat> heartbeat;
  private final ZoneId zone;
  private final ConfigReview review;
  private final DueRuns dueRuns;
  private final Clock clock;
  private final AgentState state;
  private final ProblemLog problemLog = new ProblemLog();

  private Optional<Told> told = Optional.empty();
  private Duration retry = FIRST_RETRY;

  SyncTurn(
      ConfigSource source,
      Supplier<Heartbeat> heartbeat,
      ZoneId zone,
      ConfigReview review,
      DueRuns dueRuns,
      Clock clock,
      AgentState state) {
    this.source = source;
    this.heartbeat = heartbeat;
    this.zone = zone;
    this.review = review;
    this.dueRuns = dueRuns;
    this.clock = clock;
    this.state = state;
  }

  @Override
  public Duration take() {
    try {
      DeviceConfig config = DeviceConfig.from(source.sync(heartbeat.get()), zone);
      List<Problem> problems = new ArrayList<>(config.problems());
      problems.addAll(review.problems(config.plans(), config.settings()));
      problemLog.now(problems);
      state.synced(config, problems, clock.instant());
      tell(problems);
      retry = FIRST_RETRY;
      return config.settings().syncInterval();
    } catch (ControlPlaneException e) {
      problemLog.now(List.of(e.problem()));
      state.syncFailed(e.problem());
      Duration wait = retry;
      retry = Waiter.atMost(retry.multipliedBy(2), LAST_RETRY);
      return wait;
    }
  }

  private void tell(List<Problem> problems) throws ControlPlaneException {
    List<JobPlan> plans = state.activePlans();
    Told now = new Told(dueRuns.next(plans, clock.instant()), List.copyOf(problems));
    if (told.filter(now::equals).isEmpty()) {
      source.tell(now.nextRuns(), now.problems());
      told = Optional.of(now);
    }
  }
}
