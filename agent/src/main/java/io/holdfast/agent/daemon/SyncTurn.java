package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.ConfigReview;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.ConfigCache;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.ConfigRows.Server;
import io.holdfast.agent.sync.ConfigSource;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.sync.Heartbeat;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One sync: heartbeat out, configuration in and kept, requests claimed, and what we make of it told
 * back.
 */
final class SyncTurn implements Loop.Turn {

  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  private static final Server TIMELESS = new Server(Instant.EPOCH, "", false);

  /** What was told last, and to whom; told again only when it differs. */
  private record Told(String server, Map<Integer, Instant> nextRuns, List<Problem> problems) {}

  /** What is done with the control plane at hand, besides the configuration. */
  interface AfterSync {
    /**
     * @throws ControlPlaneException if the control plane went away meanwhile
     */
    void with(DeviceConfig config, Server server) throws ControlPlaneException;
  }

  private final ConfigSource source;
  private final ConfigCache cache;
  private final Supplier<Heartbeat> heartbeat;
  private final Function<ConfigRows, DeviceConfig> reading;
  private final ConfigReview review;
  private final ProblemBoard board;
  private final Agenda agenda;
  private final Clock clock;
  private final AgentState state;
  private final AfterSync afterSync;
  private final ProblemLog problemLog = new ProblemLog();

  private Optional<Told> told = Optional.empty();
  private Optional<ConfigRows> kept = Optional.empty();
  private Duration retry = FIRST_RETRY;

  SyncTurn(
      ConfigSource source,
      ConfigCache cache,
      Supplier<Heartbeat> heartbeat,
      Function<ConfigRows, DeviceConfig> reading,
      ConfigReview review,
      ProblemBoard board,
      Agenda agenda,
      Clock clock,
      AgentState state,
      AfterSync afterSync) {
    this.source = source;
    this.cache = cache;
    this.heartbeat = heartbeat;
    this.reading = reading;
    this.review = review;
    this.board = board;
    this.agenda = agenda;
    this.clock = clock;
    this.state = state;
    this.afterSync = afterSync;
  }

  @Override
  public Duration take() {
    try {
      ConfigRows rows = source.sync(heartbeat.get());
      keep(rows);
      checkClock(rows.server());
      DeviceConfig config = reading.apply(rows);
      List<Problem> problems = new ArrayList<>(config.problems());
      problems.addAll(review.problems(config.plans(), config.settings()));
      problems.addAll(board.all());
      problemLog.now(problems);
      state.synced(config, problems, clock.instant());
      tell(rows.server(), problems);
      afterSync.with(config, rows.server());
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

  /** For the time without the control plane; written only when it differs. */
  private void keep(ConfigRows rows) {
    ConfigRows timeless =
        new ConfigRows(rows.device(), rows.jobs(), rows.schedules(), rows.settings(), TIMELESS);
    if (kept.filter(timeless::equals).isPresent()) {
      return;
    }
    try {
      cache.save(rows, clock.instant());
      kept = Optional.of(timeless);
      board.set("config-cache-unwritten", Optional.empty());
    } catch (UncheckedIOException e) {
      board.set(
          "config-cache-unwritten",
          Optional.of(
              Problem.ofDevice(
                      "config-cache-unwritten",
                      e.getMessage() + ": " + String.valueOf(e.getCause()),
                      "Make room in the state directory; until then the agent would start with an older"
                          + " configuration, were the database away.")
                  .asWarning()));
    }
    board.set("config-cache-damaged", cache.problem());
  }

  /** Times of schedules and of restic's locks go by this clock. */
  private void checkClock(Server server) {
    ClockSkew skew = ClockSkew.between(server.time(), clock.instant());
    board.set(
        "clock-wrong",
        skew.isTolerable()
            ? Optional.empty()
            : Optional.of(
                Problem.ofDevice(
                        "clock-wrong",
                        "this machine's clock is more than "
                            + ClockSkew.TOLERANCE.toMinutes()
                            + " minutes "
                            + skew.direction()
                            + " the database's",
                        "Let a time service such as systemd-timesyncd set it.")
                    .asWarning()));
  }

  /** A server that is not the one it was may not have what its predecessor was told. */
  private void tell(Server server, List<Problem> problems) throws ControlPlaneException {
    List<JobPlan> plans = state.activePlans();
    Told now =
        new Told(server.identity(), agenda.next(plans, clock.instant()), List.copyOf(problems));
    if (told.filter(now::equals).isEmpty()) {
      source.tell(now.nextRuns(), now.problems());
      told = Optional.of(now);
    }
  }
}
