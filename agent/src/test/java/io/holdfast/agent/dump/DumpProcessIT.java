package io.holdfast.agent.dump;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.BackupLimits;
import io.holdfast.agent.restic.BackupWatch;
import io.holdfast.agent.restic.Cancellation;
import io.holdfast.agent.restic.ExitMeaning;
import io.holdfast.agent.restic.ProcessIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How a process is watched that writes into our hands: real ones, that are no pg_dump. */
class DumpProcessIT {

  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private final List<ProcessIdentity> processes = new ArrayList<>();
  private boolean complete;

  private final DumpProcess.Sink sink =
      new DumpProcess.Sink() {
        @Override
        public void take(ByteBuffer part) {
          while (part.hasRemaining()) {
            taken.write(part.get());
          }
        }

        @Override
        public void complete() {
          complete = true;
        }
      };

  private static final DumpProcess.Sink FULL =
      new DumpProcess.Sink() {
        @Override
        public void take(ByteBuffer part) throws IOException {
          throw new IOException("No space left on device");
        }

        @Override
        public void complete() {
          throw new AssertionError("there is nothing to complete");
        }
      };

  private DumpProcess.Ended run(String script, DumpProcess.Sink to, Duration stalledAfter)
      throws IOException, InterruptedException {
    return new DumpProcess(
            List.of("/bin/sh", "-c", script),
            Map.of("PATH", "/usr/bin:/bin"),
            to,
            new BackupWatch(
                _ -> {},
                new Cancellation(),
                new BackupLimits(Optional.empty(), stalledAfter, Duration.ZERO),
                processes::add))
        .run();
  }

  private DumpProcess.Ended run(String script) throws IOException, InterruptedException {
    return run(script, sink, Duration.ofMinutes(5));
  }

  @Test
  void all_that_it_writes_arrives_and_only_a_good_end_completes_it() throws Exception {
    assertThat(run("printf whole; echo 'pg_dump: warning: x' >&2").exitCode()).isZero();
    assertThat(taken.toString(StandardCharsets.UTF_8)).isEqualTo("whole");
    assertThat(complete).isTrue();

    taken.reset();
    complete = false;
    DumpProcess.Ended large = run("head -c 10000000 /dev/zero");
    assertThat(large.notTaken()).isEmpty();
    assertThat(taken.size()).isEqualTo(10_000_000);

    complete = false;
    for (String end : List.of("printf half; echo why >&2; exit 3", "printf half; kill -9 $$")) {
      DumpProcess.Ended ended = run(end);
      assertThat(ended.exitCode()).isIn(3, 137);
      assertThat(complete).as(end).isFalse();
    }
  }

  @Test
  void where_it_cannot_be_written_the_process_is_ended_and_the_reason_told() throws Exception {
    DumpProcess.Ended ended = run("exec cat /dev/zero", FULL, Duration.ofMinutes(5));
    assertThat(ended.notTaken()).isPresent();
    assertThat(ended.notTaken().get()).hasMessage("No space left on device");
    assertThat(ended.stoppedBy()).isEmpty();
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void one_that_writes_nothing_for_too_long_is_ended() throws Exception {
    DumpProcess.Ended ended = run("printf beginning; exec sleep 600", sink, Duration.ofSeconds(1));
    assertThat(ended.stoppedBy()).contains(ExitMeaning.STALLED);
    assertThat(complete).isFalse();
  }
}
