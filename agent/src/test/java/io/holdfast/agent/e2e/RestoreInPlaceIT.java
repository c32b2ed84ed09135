package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore in place changes what is asked for, and no directory that only lies on the way. */
class RestoreInPlaceIT {

  @TempDir private Path directory;
  private Site site;
  private Path www;
  private Path reports;
  private Path lost;

  /** Backed up with the usual modes; since then somebody has closed the directories. */
  @BeforeEach
  void back_up_and_close_the_directories() throws Exception {
    site = new Site(directory, ResticBinaries.current());
    www = site.source("www", 2);
    reports = Files.createDirectories(www.resolve("reports"));
    lost = Files.writeString(reports.resolve("lost.ods"), "lost");
    Files.writeString(reports.resolve("kept.ods"), "as backed up");
    site.controlPlane().job(Site.DEVICE, "www", www.toString());
    assertThat(site.holdfast("backup", "www").exitCode()).isZero();
    Files.writeString(reports.resolve("kept.ods"), "edited since");
    Files.delete(lost);
    close(reports, 01770);
    close(www, 0710);
    close(www.getParent(), 0750);
    close(directory, 0700);
  }

  @AfterEach
  void end() {
    site.close();
  }

  private static void close(Path closed, int mode) throws IOException {
    Files.setAttribute(closed, "unix:mode", mode);
    if (Files.getAttribute(closed, "unix:uid").equals(0)) {
      Files.setAttribute(closed, "unix:gid", 1234);
    }
    Files.setLastModifiedTime(closed, FileTime.fromMillis(1_700_000_000_123L));
  }

  /** Everything above the file, up to the root. */
  private List<Path> above() {
    List<Path> above = new ArrayList<>();
    for (Path one = reports; one != null; one = one.getParent()) {
      above.add(one);
    }
    return above;
  }

  private static Map<String, Object> state(List<Path> directories, String attributes)
      throws IOException {
    Map<String, Object> state = new LinkedHashMap<>();
    for (Path one : directories) {
      state.put(
          one.toString(),
          new LinkedHashMap<>(
                  Files.readAttributes(one, "unix:" + attributes, LinkOption.NOFOLLOW_LINKS))
              .toString());
    }
    return state;
  }

  /** The directories of the machine itself are written to by others. */
  private Map<String, Object> state() throws IOException {
    Map<String, Object> state = state(List.of(reports, www), "mode,uid,gid,lastModifiedTime");
    state.putAll(state(above().subList(2, above().size()), "mode,uid,gid"));
    return state;
  }

  private Result restored(String... options) {
    List<String> command = new ArrayList<>(List.of("restore", "www", "--in-place"));
    command.addAll(List.of(options));
    return site.holdfast(command.toArray(String[]::new));
  }

  @Test
  void one_file_comes_back_and_every_directory_above_it_stays_by_whatever_rule_and_pattern()
      throws Exception {
    Map<String, Object> before = state();
    for (String rule : List.of("never", "if-newer", "if-changed", "always")) {
      for (String pattern :
          List.of(
              lost.toString(), "lost.ods", "lost.*", www + "/**/lost.ods", www + "/r*/lost.ods")) {
        Result result = restored("--include", pattern, "--overwrite", rule);
        assertThat(result.exitCode()).as(rule + pattern + result.all()).isZero();
        assertThat(result.out()).as(rule + pattern).contains("restored  1 file, 4 B");
        assertThat(lost).hasContent("lost");
        assertThat(state()).as(rule + " " + pattern).isEqualTo(before);
        Files.delete(lost);
        close(reports, 01770);
      }
    }
    assertThat(reports.resolve("kept.ods")).hasContent("edited since");
  }

  @Test
  void never_brings_what_is_missing_and_leaves_every_directory_that_is_there() throws Exception {
    Map<String, Object> before = state();
    Files.delete(www.resolve("file-1"));
    close(www, 0710);
    Result result = restored("--overwrite", "never");
    assertThat(result.exitCode()).as(result.all()).isZero();
    assertThat(result.out()).contains("restored  2 files,").contains("left as they are");
    assertThat(state()).isEqualTo(before);
    Files.delete(lost);
    close(reports, 01770);
    assertThat(restored("--overwrite", "never", "--exclude", "file-0").exitCode()).isZero();
    assertThat(lost).exists();
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void a_directory_that_is_asked_for_comes_back_as_it_was_and_those_above_it_stay()
      throws Exception {
    Map<String, Object> above = state(above().subList(1, above().size()), "mode,uid,gid");
    for (String[] asked :
        new String[][] {
          {"--include", reports.toString()}, {"--include", "reports"}, {"--exclude", "file-*"}
        }) {
      close(reports, 01770);
      close(www, 0710);
      Result result = restored("--overwrite", "if-changed", asked[0], asked[1]);
      assertThat(result.exitCode()).as(result.all()).isZero();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(reports)))
          .as(asked[1])
          .isEqualTo("rwxr-xr-x");
      if (asked[0].equals("--include")) {
        assertThat(result.out()).as(asked[1]).contains(" and 1 directory,");
        assertThat(state(above().subList(1, above().size()), "mode,uid,gid")).isEqualTo(above);
      } else {
        // The job's own directory was asked for too; not what lies above it.
        assertThat(above)
            .containsAllEntriesOf(state(above().subList(2, above().size()), "mode,uid,gid"));
      }
    }
  }

  @Test
  void into_a_directory_that_holds_something_the_same_holds() throws Exception {
    Path to = Files.createDirectories(directory.resolve("to"));
    Path there = Files.createDirectories(Path.of(to + reports.toString()));
    close(there, 01770);
    close(there.getParent(), 0710);
    List<Path> directories = List.of(there, there.getParent(), to);
    Map<String, Object> before = state(directories, "mode,uid,gid,lastModifiedTime");
    Result result =
        site.holdfast(
            "restore", "www", "--to", to.toString(), "--into-existing", "--include", "lost.ods");
    assertThat(result.exitCode()).as(result.all()).isZero();
    assertThat(result.out()).contains("restored  1 file,");
    assertThat(there.resolve("lost.ods")).hasContent("lost");
    assertThat(state(directories, "mode,uid,gid,lastModifiedTime")).isEqualTo(before);
  }

  @Test
  void a_restore_that_fails_leaves_the_directories_too() throws Exception {
    Files.createDirectories(lost.resolve("in-the-way"));
    close(reports, 01770);
    Map<String, Object> before = state();
    for (String pattern : List.of(lost.toString(), "lost.ods")) {
      Result result = restored("--overwrite", "always", "--include", pattern);
      assertThat(result.exitCode()).as(result.all()).isIn(1, 3);
      assertThat(state()).isEqualTo(before);
    }
  }

  @Test
  void even_if_holdfast_is_killed_in_the_middle_nothing_above_the_file_is_touched()
      throws Exception {
    Path done = directory.resolve("done");
    Path wrapper =
        Files.writeString(
            directory.resolve("wrapped-restic"),
            """
            #!/bin/sh
            case "$*" in
              *restore*) kill -9 "$PPID"; "%s" "$@" >/dev/null 2>&1; : >"%s" ;;
              *) exec "%s" "$@" ;;
            esac
            """
                .formatted(ResticBinaries.current(), done, ResticBinaries.current()));
    Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
    site.writeConfig(wrapper.toString());
    close(directory, 0700);
    Map<String, Object> before = state(above(), "mode,uid,gid");
    assertThat(restored("--overwrite", "never", "--include", lost.toString()).exitCode())
        .isEqualTo(137);
    Site.eventually().until(() -> Files.exists(done));
    assertThat(lost).hasContent("lost");
    assertThat(state(above(), "mode,uid,gid")).isEqualTo(before);
  }
}
