package io.holdfast.agent.restic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LockHolderTest {

  private static String sample(String version) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            LockHolderTest.class.getResourceAsStream(
                "/restic/backup-locked-" + version + ".stderr.txt"))) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void old_and_new_restics_say_who_holds_the_lock_and_since_when() throws IOException {
    assertThat(LockHolder.in(sample("0.14")))
        .isEqualTo(
            ", for itself alone: by user root on host vm (PID 2636), 1s old when it was met");
    assertThat(LockHolder.in(sample("0.18")))
        .isEqualTo(
            ", for itself alone: by user root on host vm (PID 31844), 637ms old when it was met");
  }

  @Test
  void a_lock_that_others_may_share_and_one_without_an_age_are_told_too() {
    assertThat(
            LockHolder.in(
                "unable to create lock in backend: repository is already locked by PID 7 on"
                    + " nas.example by EXAMPLE\\jane doe (UID 1000, GID 1000)\n"
                    + "lock was created at 2026-11-20 21:38:04 (2h5m3.25s ago)\n"))
        .isEqualTo(
            ": by user EXAMPLE\\jane doe on host nas.example (PID 7), 2h5m3s old when it was met");
    assertThat(LockHolder.in("repository is already locked by PID 7 on h by u (UID 1, GID 1)"))
        .isEqualTo(": by user u on host h (PID 7)");
    assertThat(LockHolder.in("Fatal: wrong password or no key found")).isEmpty();
  }
}
