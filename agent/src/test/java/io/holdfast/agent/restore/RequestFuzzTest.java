package io.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Fuzz;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is asked of a restore, by a row or by hand. */
class RequestFuzzTest {

  private static final ZonedDateTime NOW =
      Instant.parse("2026-11-04T09:30:00Z").atZone(ZoneId.of("Europe/Berlin"));

  @Test
  void rows() throws Exception {
    Fuzz.texts(
        "restore request",
        List.of(
            "{\"to\": \"/srv/x\", \"at\": \"2 days ago\", \"include\": [\"/a\", \"*.b\"], \"overwrite\": \"never\"}",
            "{\"to\": \"/srv/x\", \"exclude\": [\"/c\"]}"),
        List.of(CannotRestore.class),
        input ->
            assertThat(
                    AskedRestore.of(
                        new UUID(1, 2), Optional.of(new UUID(1, 3)), Optional.of(input)))
                .isNotNull());
  }

  @Test
  void moments() throws Exception {
    Fuzz.texts(
        "moment",
        List.of(
            "2 days ago",
            "yesterday",
            "2026-11-01",
            "2026-11-01 14:00",
            "2026-11-01T14:00:00Z",
            "an hour ago"),
        List.of(CannotRestore.class),
        input -> assertThat(PointInTime.of(input, NOW)).isBeforeOrEqualTo(NOW.toInstant()));
  }
}
