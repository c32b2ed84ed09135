package io.holdfast.agent.daemon;

import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.run.Agenda;
import io.holdfast.agent.run.Owed;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.sync.DeviceConfig;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the daemon stands, told to {@code holdfast status} by a file and to the service manager. */
final class StatusNews {

  private static final Logger log = LoggerFactory.getLogger(StatusNews.class);

  private final Path stateDirectory;
  private final ServiceNews service;
  private final AgentState state;
  private final Agenda agenda;
  private final ProblemBoard problems;
  private final Clock clock;
  private final Instant startedAt;

  StatusNews(
      Path stateDirectory,
      ServiceNews service,
      AgentState state,
      Agenda agenda,
      ProblemBoard problems,
      Clock clock) {
    this.stateDirectory = stateDirectory;
    this.service = service;
    this.state = state;
    this.agenda = agenda;
    this.problems = problems;
    this.clock = clock;
    startedAt = clock.instant();
  }

  /** A courtesy: a full disk must not keep the agent from its work. */
  void tell() {
    LocalStatus now = status();
    service.now(now, state.view().config().isPresent());
    try {
      now.write(stateDirectory);
    } catch (UncheckedIOException e) {
      log.warn("{}", e.getMessage());
    }
  }

  private LocalStatus status() {
    AgentState.View view = state.view();
    Map<Integer, Instant> next = agenda.next(state.activePlans(), clock.instant());
    return new LocalStatus(
        ProcessHandle.current().pid(),
        AgentVersion.current(),
        startedAt,
        view.lastSyncAt(),
        view.syncFailure().map(Notice::of),
        view.config().map(config -> config.device().enabled()),
        view.config().map(DeviceConfig::plans).orElse(List.of()).stream()
            .map(plan -> new NextRun(plan.job().name(), earliest(plan, next)))
            .toList(),
        Stream.concat(view.problems().stream(), problems.all().stream())
            .distinct()
            .map(Notice::of)
            .toList());
  }

  /** Of its schedules, and of the run that it is owed. */
  private Optional<Instant> earliest(JobPlan plan, Map<Integer, Instant> next) {
    return Stream.concat(
            agenda.owed(plan.job().id()).map(Owed::notBefore).stream(),
            plan.schedules().stream().map(Schedule::id).filter(next::containsKey).map(next::get))
        .min(Comparator.naturalOrder());
  }
}
