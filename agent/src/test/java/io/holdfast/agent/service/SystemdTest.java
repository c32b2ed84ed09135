package io.holdfast.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SystemdTest {

  private static final long PID = 42;

  private static Supervisor given(String... environment) {
    return Systemd.from(
        environment.length == 2
            ? Map.of(environment[0], environment[1])
            : Map.of(
                environment[0],
                environment[1],
                environment[2],
                environment[3],
                environment[4],
                environment[5]),
        PID);
  }

  @Test
  void nobody_is_told_where_nobody_asks() {
    assertThat(Systemd.from(Map.of(), PID)).isSameAs(Supervisor.NONE);
    assertThat(given("NOTIFY_SOCKET", "")).isSameAs(Supervisor.NONE);
    assertThat(given("NOTIFY_SOCKET", "vsock:2:1234")).isSameAs(Supervisor.NONE);
  }

  @Test
  void the_watchdog_counts_only_if_it_is_meant_for_this_process() {
    assertThat(
            given("NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "300000000", "WATCHDOG_PID", "42")
                .wantsLifeEvery())
        .contains(Duration.ofMinutes(5));
    assertThat(
            given("NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "300000000", "WATCHDOG_PID", "41")
                .wantsLifeEvery())
        .isEmpty();
    assertThat(
            given("NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "x", "WATCHDOG_PID", "42")
                .wantsLifeEvery())
        .isEmpty();
    assertThat(given("NOTIFY_SOCKET", "/run/n").wantsLifeEvery()).isEmpty();
  }

  @Test
  void a_status_is_one_line() {
    List<String> sent = new ArrayList<>();
    new Systemd(sent::add, Optional.empty()).status("one\nREADY=1");
    assertThat(sent).containsExactly("STATUS=one READY=1");
  }

  @Test
  void a_service_manager_that_cannot_be_told_keeps_nothing_from_going_on() {
    Supervisor deaf =
        new Systemd(
            message -> {
              throw new IOException("gone");
            },
            Optional.empty());
    deaf.ready();
    deaf.alive();
    assertThat(deaf.wantsLifeEvery()).isEmpty();
  }
}
