package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A local user names a file so that a log or a terminal would obey it, restic reports it, and a job
 * from before names were checked is called so too: nowhere does it come out raw.
 */
class HostileNamesIT {

  /** A line of the log, a colour, an old terminal's command, a turn of direction. */
  private static final String FORGED = "2026-11-27T00:00:00.000Z ERROR forged by bob";

  private static final String JOB = "evil\n" + FORGED + " \u001b[31m\u202ejob";

  /** What must not be in a text for people. */
  private static final String HIDDEN = "[\u0001-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e]";

  @TempDir private Path directory;

  /** The same restic, which reports a file that it could not read besides. */
  private Path reporting() throws Exception {
    return ResticBinaries.script(
        directory.resolve("reporting-restic"),
        """
        #!/bin/sh
        case "$1" in
          backup)
            cat >&2 <<'END'
        {"message_type":"error","error":{"message":"open /home/bob/x\\n%1$s \\u001b[31m: permission denied"},"during":"archival","item":"/home/bob/x\\n%1$s \\u001b[31m\\u009b2J\\u202e"}
        END
            ;;
        esac
        exec '%2$s' "$@"
        """
            .formatted(FORGED, ResticBinaries.current()));
  }

  @Test
  void a_name_with_control_characters_is_shown_and_obeyed_nowhere() throws Exception {
    try (Site site = new Site(directory, reporting())) {
      ControlPlane psql = site.controlPlane();
      psql.takeAnyRow();
      String source = site.source("home", 2).toString();
      UUID job = psql.job(Site.DEVICE, JOB, source);
      psql.job(Site.DEVICE, JOB + "2");
      site.daemon();
      psql.execute("INSERT INTO requests (kind, job_id) VALUES ('backup', ?)", job);
      // Not by the job's name: the row has that written out too.
      eventually()
          .until(() ->
              psql.rows("SELECT FROM requests WHERE finished_at IS NOT NULL").size() == 1
                  && psql.rows("SELECT FROM problems").size() >= 2);

      assertThat(psql.row("SELECT outcome, error_message FROM runs"))
          .containsEntry("outcome", "partial")
          .extracting("error_message")
          .asString()
          .contains("/home/bob/x\\n" + FORGED + " \\u001b[31m");
      for (String told :
          List.of(
              "SELECT job_name FROM runs WHERE job_name || error_message ~ ?",
              "SELECT line FROM runs, string_to_table(restic_errors, chr(10)) line WHERE line ~ ?",
              "SELECT line FROM runs, string_to_table(restic_output, chr(10)) line WHERE line ~ ?",
              "SELECT message FROM requests WHERE message ~ ?",
              "SELECT message FROM problems WHERE subject || message || remedy ~ ?")) {
        assertThat(psql.rows(told, HIDDEN)).as(told).isEmpty();
      }

      assertThat(site.log().lines())
          .as("the daemon's log")
          .noneMatch(line -> line.startsWith(FORGED))
          .noneMatch(HostileNamesIT::isObeyed)
          .anyMatch(line -> line.contains("\\n" + FORGED));
      for (String command : List.of("status", "jobs", "runs", "sync", "doctor")) {
        Result shown = site.holdfast(command);
        assertThat(shown.all().lines())
            .as(command)
            .noneMatch(line -> line.startsWith(FORGED))
            .noneMatch(HostileNamesIT::isObeyed);
        assertThat(shown.all()).as(command).contains("forged by bob");
      }
    }
  }

  private static boolean isObeyed(String line) {
    return line.chars()
        .anyMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT);
  }
}
