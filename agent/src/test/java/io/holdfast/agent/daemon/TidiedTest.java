package io.holdfast.agent.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TidiedTest {

  private final List<String> done = new ArrayList<>();
  private long now = Long.MAX_VALUE - 5;

  @Test
  void the_heap_is_collected_after_a_turn_and_not_again_within_a_minute() throws Exception {
    Tidied tidied =
        new Tidied(
            () -> {
              done.add("turn");
              return Duration.ofSeconds(7);
            },
            () -> done.add("collection"),
            () -> now);
    assertThat(tidied.take()).isEqualTo(Duration.ofSeconds(7));
    assertThat(done).containsExactly("turn", "collection");
    now += Tidied.AT_MOST_EVERY.toNanos() - 1;
    tidied.take();
    assertThat(done).containsExactly("turn", "collection", "turn");
    now += 1;
    tidied.take();
    assertThat(done).containsExactly("turn", "collection", "turn", "turn", "collection");
  }
}
