package io.holdfast.agent.daemon;

import io.holdfast.agent.daemon.LocalStatus.NextRun;
import io.holdfast.agent.daemon.LocalStatus.Notice;
import io.holdfast.agent.service.Supervisor;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** How we are, in one line for {@code systemctl status}; and from when on we are ready. */
final class ServiceNews {

  private final Supervisor service;
  private final DateTimeFormatter times;
  private String told = "";
  private boolean toldReady;

  ServiceNews(Supervisor service, ZoneId zone) {
    this.service = service;
    times = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(zone);
  }

  /**
   * @param ready whether there is a configuration to go by: from the control plane, or as it was
   *     synced by an earlier life of the agent
   */
  synchronized void now(LocalStatus status, boolean ready) {
    String sentence = sentence(status, ready);
    if (!sentence.equals(told)) {
      service.status(sentence);
      told = sentence;
    }
    if (ready && !toldReady) {
      service.ready();
      toldReady = true;
    }
  }

  private String sentence(LocalStatus status, boolean ready) {
    Optional<String> failure = status.syncFailure().map(Notice::message);
    if (!ready) {
      return "waits for its first sync" + failure.map(why -> ": " + why).orElse("");
    }
    if (!status.deviceEnabled().orElse(true)) {
      return "the device is switched off";
    }
    return jobs(status)
        + problems(status)
        + failure.map(why -> "; goes by what was synced last: " + why).orElse("");
  }

  private String jobs(LocalStatus status) {
    Optional<NextRun> next =
        status.jobs().stream()
            .filter(job -> job.nextRunAt().isPresent())
            .min(Comparator.comparing(job -> job.nextRunAt().orElse(Instant.MAX)));
    return count(status.jobs().size(), "job")
        + next.map(job ->
                ", next \"" + job.job() + "\" at " + times.format(job.nextRunAt().orElseThrow()))
            .orElse("");
  }

  private static String problems(LocalStatus status) {
    int problems = status.problems().size();
    return problems == 0 ? "" : "; " + count(problems, "problem") + ", see 'holdfast status'";
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
