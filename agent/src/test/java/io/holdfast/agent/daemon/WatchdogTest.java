package io.holdfast.agent.daemon;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.daemon.Watchdog.Watched;
import io.holdfast.agent.service.Supervisor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WatchdogTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private final AtomicInteger signsOfLife = new AtomicInteger();

  private final Supervisor service =
      new Supervisor() {
        @Override
        public void ready() {}

        @Override
        public void stopping() {}

        @Override
        public void status(String sentence) {}

        @Override
        public void alive() {
          signsOfLife.incrementAndGet();
        }

        @Override
        public Optional<Duration> wantsLifeEvery() {
          return Optional.of(Duration.ofSeconds(40));
        }
      };

  private Watchdog watching(Loop loop, Duration longestTurn) {
    return new Watchdog(service, List.of(new Watched(loop, longestTurn)));
  }

  private int signsOfOneRound(Watchdog watchdog) {
    int before = signsOfLife.get();
    assertThat(watchdog.round()).isEqualTo(Duration.ofSeconds(10));
    return signsOfLife.get() - before;
  }

  @Test
  void a_loop_that_waits_or_works_is_alive() throws Exception {
    CountDownLatch inTurn = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Loop loop =
        Loop.inDaemon(
            "works",
            () -> {
              inTurn.countDown();
              goOn.await();
              return HOUR;
            });
    loop.start();
    Watchdog watchdog = watching(loop, HOUR);
    inTurn.await();
    assertThat(signsOfOneRound(watchdog)).isEqualTo(1);
    goOn.countDown();
    // It waits for an hour now, and no turn is too long for that.
    eventually().until(() -> loop.getsOn(Duration.ZERO));
    assertThat(signsOfOneRound(watching(loop, Duration.ZERO))).isEqualTo(1);
    loop.stop(HOUR);
  }

  @Test
  void a_loop_that_hangs_in_its_turn_is_not_and_is_again_when_it_gets_on() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    Loop loop =
        Loop.inDaemon(
            "hangs",
            () -> {
              goOn.await();
              return HOUR;
            });
    loop.start();
    eventually().until(() -> !loop.getsOn(Duration.ZERO));
    Watchdog watchdog = watching(loop, Duration.ZERO);
    assertThat(signsOfOneRound(watchdog)).isZero();
    assertThat(signsOfOneRound(watchdog)).as("nor later").isZero();
    goOn.countDown();
    eventually().until(() -> loop.getsOn(Duration.ZERO));
    assertThat(signsOfOneRound(watchdog)).isEqualTo(1);
    loop.stop(HOUR);
  }

  @Test
  void a_loop_that_has_ended_is_not() throws Exception {
    Loop loop = Loop.inDaemon("ended", () -> HOUR);
    loop.start();
    loop.stop(HOUR);
    assertThat(signsOfOneRound(watching(loop, HOUR))).isZero();
  }
}
