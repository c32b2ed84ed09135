package io.holdfast.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.postgres.ChangeNotifications.Heard;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NotificationPaceTest {

  private final NotificationPace pace = new NotificationPace(new SplittableRandom(4711));

  private List<Duration> pauses(Heard heard, Duration sinceLast) {
    return Stream.generate(() -> pace.pause(heard, sinceLast)).limit(1000).toList();
  }

  @Test
  void what_concerns_this_device_is_not_waited_with() {
    assertThat(pauses(Heard.OWN, Duration.ofMinutes(1))).containsOnly(Duration.ZERO);
    assertThat(pauses(Heard.OWN, NotificationPace.LEAST)).containsOnly(Duration.ZERO);
  }

  @Test
  void one_after_the_other_there_are_five_seconds_between_and_not_always_the_same() {
    Duration most = NotificationPace.LEAST.plus(NotificationPace.JITTER);
    for (Heard heard : List.of(Heard.OWN, Heard.EVERYBODYS)) {
      assertThat(pauses(heard, Duration.ZERO))
          .allSatisfy(pause -> assertThat(pause).isBetween(NotificationPace.LEAST, most))
          .satisfies(all -> assertThat(all.stream().distinct().count()).isGreaterThan(100));
    }
    assertThat(pauses(Heard.OWN, Duration.ofSeconds(4)))
        .allSatisfy(
            pause -> assertThat(pause).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2)));
  }

  @Test
  void a_fleet_that_is_woken_at_once_does_not_ask_at_once() {
    assertThat(pauses(Heard.EVERYBODYS, Duration.ofMinutes(1)))
        .allSatisfy(pause -> assertThat(pause).isBetween(Duration.ZERO, NotificationPace.SPREAD))
        .satisfies(all -> assertThat(all.stream().distinct().count()).isGreaterThan(100));
  }
}
