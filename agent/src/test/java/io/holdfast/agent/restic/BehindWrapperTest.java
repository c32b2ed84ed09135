package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.agent.testing.ResticBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A script that does not exec restic stands between us and it. */
class BehindWrapperTest {

  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir private Path directory;

  /** A program of the name restic which does nothing for ten minutes. */
  private Path restic() throws IOException {
    return Files.copy(Path.of("/bin/sleep"), directory.resolve("restic"));
  }

  private Path wrapper(String line) throws IOException {
    return ResticBinaries.script(directory.resolve("wrapper"), "#!/bin/sh\n" + line + "\n");
  }

  private boolean isThere(String file) {
    return Files.exists(directory.resolve(file));
  }

  @ParameterizedTest
  @EnumSource(
      value = ExitMeaning.class,
      names = {"CANCELLED", "TIMED_OUT", "STALLED"},
      mode = Mode.INCLUDE)
  void every_stop_reaches_restic_and_leaves_the_script_to_end_by_itself(ExitMeaning why)
      throws Exception {
    Path wrapper = wrapper("'" + restic() + "' 600\necho $? > '" + directory + "/after'\nexit 130");
    List<ProcessIdentity> told = new CopyOnWriteArrayList<>();
    ResticProcess.Ended ended =
        new ResticProcess(
                List.of(wrapper.toString(), "backup"),
                Map.of(),
                () -> told.size() > 1 ? Optional.of(why) : Optional.empty(),
                LONG,
                told::add)
            .run(_ -> {}, _ -> {});
    assertThat(ended.stoppedBy()).contains(why);
    assertThat(ended.exitCode()).isEqualTo(130);
    assertThat(directory.resolve("after")).content().isEqualTo("130\n");
    assertThat(told).as("the wrapper, then restic").hasSize(2);
    assertThat(told.getFirst().pid()).isNotEqualTo(told.getLast().pid());
    assertThat(told).allMatch(ProcessIdentity::hasEnded);
  }

  @Test
  void restic_is_known_by_its_arguments_where_it_has_another_name() throws Exception {
    ResticBinaries.script(
        directory.resolve("renamed"),
        "#!/bin/sh\ntrap 'touch \"%s/interrupted\"; exit 130' INT\ntouch '%s/ready'\nwhile :; do sleep 0.1; done\n"
            .formatted(directory, directory));
    Path wrapper = wrapper("'" + directory + "/renamed' \"$@\"\nexit $?");
    ResticProcess.Ended ended =
        new ResticProcess(
                List.of(wrapper.toString(), "backup", "--json"),
                Map.of("PATH", System.getenv("PATH")),
                () -> isThere("ready") ? Optional.of(ExitMeaning.CANCELLED) : Optional.empty(),
                LONG)
            .run(_ -> {}, _ -> {});
    assertThat(ended.exitCode()).isEqualTo(130);
    assertThat(isThere("interrupted")).isTrue();
  }

  /** It would cut off restic's way to the lock that it has to remove. */
  @Test
  void what_restic_has_started_itself_hears_nothing() throws Exception {
    Files.copy(Path.of("/bin/sh").toRealPath(), directory.resolve("restic"));
    Process restic =
        new ProcessBuilder(directory.resolve("restic").toString(), "-c", "sleep 600 & wait")
            .start();
    try {
      await().until(() -> restic.descendants().findAny().isPresent());
      assertThat(new BehindWrapper(List.of("backup")).restics(restic.toHandle()))
          .extracting(ProcessHandle::pid)
          .containsExactly(restic.pid());
    } finally {
      ResticProcess.kill(restic.toHandle());
    }
  }

  @Test
  void an_orphan_behind_a_script_is_found_and_asked() throws Exception {
    Path wrapper = wrapper("'" + restic() + "' 600\nexit 7");
    Process orphan = new ProcessBuilder(wrapper.toString()).start();
    try {
      await().until(() -> orphan.descendants().anyMatch(BehindWrapper::bearsTheName));
      assertThat(Orphan.end(ProcessIdentity.of(orphan.toHandle()), "run=no-such-run", LONG))
          .isTrue();
      assertThat(orphan.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(orphan.exitValue()).as("it ended by itself").isEqualTo(7);
    } finally {
      ResticProcess.kill(orphan.toHandle());
    }
  }
}
