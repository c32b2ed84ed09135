package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.RepositoryProbe.State;
import io.holdfast.agent.secret.Secret;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a person reads about a repository that does not open. */
class ProbesTest {

  private static final Repository REPOSITORY =
      new Repository(
          new Secret("rest:http://user:secret@host/"), new Secret("x"), Optional.empty(), Map.of());

  @Test
  void one_that_does_not_answer_in_time_says_why_the_last_attempt_failed() {
    RepositoryProbe probe =
        Probes.of(
            REPOSITORY,
            ExitMeaning.TIMED_OUT,
            """
            Stat(<config/>) returned error, retrying after 628.624295ms: dial tcp: i/o timeout
            Stat(<config/>) returned error, retrying after 2.1s: dial tcp 127.0.0.1:1: connect: connection refused
            signal interrupt received, cleaning up
            """);
    assertThat(probe.state()).isEqualTo(State.UNREACHABLE);
    assertThat(probe.message())
        .isEqualTo(
            "the repository rest:http://user:********@host/ does not answer: dial tcp 127.0.0.1:1:"
                + " connect: connection refused");
  }

  @Test
  void one_that_two_machines_made_at_once_is_named_as_such() {
    RepositoryProbe probe =
        Probes.of(
            REPOSITORY,
            ExitMeaning.FAILED,
            "Fatal: config or key d8163df9a0 is damaged: ciphertext verification failed\n");
    assertThat(probe.state()).isEqualTo(State.UNREACHABLE);
    assertThat(probe.remedy()).contains("two machines initialised it at the same moment");
  }

  @Test
  void one_with_more_keys_than_restic_tries_is_named_as_such() {
    RepositoryProbe probe =
        Probes.of(REPOSITORY, ExitMeaning.FAILED, "Fatal: maximum number of keys reached\n");
    assertThat(probe.message())
        .isEqualTo(
            "the repository rest:http://user:********@host/ has so many keys that restic gives up: it"
                + " tries the password on 20 of them and no more");
    assertThat(probe.remedy()).contains("restic key remove");
  }

  @Test
  void a_reason_stays_a_sentence_however_much_restic_says() {
    assertThat(
            Probes.of(REPOSITORY, ExitMeaning.FAILED, "noise\n".repeat(1000) + "Fatal: the reason")
                .message())
        .hasSizeLessThan(800)
        .doesNotContain("\n")
        .endsWith("Fatal: the reason");
    assertThat(Probes.of(REPOSITORY, ExitMeaning.FAILED, "").message())
        .endsWith("cannot be opened: restic did not say why");
  }
}
