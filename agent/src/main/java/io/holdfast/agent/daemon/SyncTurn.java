package io.holdfast.agent.daemon;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.ConfigReview;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.sync.ConfigCache;
import io.holdfast.agent.sync.ConfigCache.Cached;
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

  /** A device that was retired may be brought back. */
  private static final Duration LOOK_WHEN_RETIRED = Duration.ofMinutes(15);

  private static final Server TIMELESS = Server.of(Instant.EPOCH, "", false);

  /**
   * What was told last, and to whom; told again only when it differs. Of another revision too:
   * somebody may have removed what was told.
   */
  private record Told(
      String server, String revision, Map<Integer, Instant> nextRuns, List<Problem> problems) {}

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
  private final Retirement retirement;
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
      Retirement retirement,
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
    this.retirement = retirement;
    this.afterSync = afterSync;
  }

  @Override
  public Duration take() {
    try {
      ConfigRows rows = source.sync(heartbeat.get());
      retirement.deny();
      keep(rows);
      checkClock(rows.server());
      DeviceConfig config = reading.apply(rows);
      List<Problem> problems = new ArrayList<>(config.problems());
      problems.addAll(review.problems(config.plans(), config.settings()));
      problems.addAll(board.all());
      List<Problem> shown = new ArrayList<>(problems);
      // The control plane has this one in its table already.
      shared(rows.server()).ifPresent(shown::add);
      problemLog.now(shown);
      state.synced(config, shown, clock.instant());
      tell(rows.server(), problems);
      afterSync.with(config, rows.server());
      retry = FIRST_RETRY;
      return config.settings().syncInterval();
    } catch (ControlPlaneException e) {
      Optional<Problem> retired = retirement.after(e.problem(), clock.instant());
      Problem problem = retired.orElse(e.problem());
      problemLog.now(List.of(problem));
      if (retired.isPresent()) {
        pause();
        state.syncFailed(problem);
        return LOOK_WHEN_RETIRED;
      }
      state.syncFailed(problem);
      Duration wait = retry;
      retry = Waiter.atMost(retry.multipliedBy(2), LAST_RETRY);
      return wait;
    }
  }

  /** Other agents under the same device, as after the cloning of a machine. */
  static Optional<Problem> shared(Server server) {
    return server
        .shared()
        .map(sentence ->
            Problem.ofDevice(
                "device-shared",
                sentence,
                "If one machine was cloned from the other, give the copy a device of its own: stop"
                    + " its agent, remove its state directory, and register it by a token (holdfast"
                    + " enrol-token)."));
  }

  /** Nothing becomes due any more, also after the agent's end. */
  private void pause() {
    kept.or(() -> cache.load().map(Cached::rows))
        .filter(rows -> rows.device().enabled())
        .ifPresent(rows -> {
          ConfigRows paused = rows.with(rows.device().paused(), TIMELESS);
          state.paused(reading.apply(paused));
          keep(paused);
        });
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
        new Told(
            server.identity(),
            server.revision(),
            agenda.next(plans, clock.instant()),
            List.copyOf(problems));
    if (told.filter(now::equals).isEmpty()) {
      source.tell(now.nextRuns(), now.problems());
      told = Optional.of(now);
    }
  }
}
