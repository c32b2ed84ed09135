package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.Machine;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.Database;
import io.holdfast.agent.report.Spool;
import io.holdfast.agent.report.ToldRecords;
import io.holdfast.agent.secret.MachineSecrets;
import io.holdfast.agent.sync.ConfigCache;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import java.nio.file.Files;
import java.time.Clock;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine;

/** What a shell offers when a person presses the tabulator. */
public final class Completion {

  /** The word by which the shell asks us for values; it is no command for people. */
  private static final String ASKED = "complete";

  private static final int SHORT_ID = 8;

  /**
   * Commands and options are in the script itself; jobs and the like are asked for, and never long:
   * a shell that waits for its tabulator is worse than one that has none. Files are offered where a
   * file is meant, and nowhere else.
   */
  private static final String VALUES =
      """

      function _holdfast_values() {
        local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} kinds= word
        case "$before" in
          -j|--job) kinds=jobs ;;
          --target) [ "${COMP_WORDS[1]}" != housekeep ] || kinds=targets ;;
          -*) ;;
          *)
            case "${COMP_WORDS[1]}" in
              backup|runs|prove|forget|snapshots) [ "$COMP_CWORD" != 2 ] || kinds=jobs ;;
              cancel) [ "$COMP_CWORD" != 2 ] || kinds=jobs ;;
              restore|ls) [ "$COMP_CWORD" != 2 ] || kinds="jobs snapshots" ;;
              diff) kinds="jobs snapshots" ;;
              secret) [ "$COMP_CWORD" != 3 ] || kinds=settings ;;
            esac ;;
        esac
        if [ -z "$kinds" ] || [[ $current == -* ]]; then
          _complete_holdfast "$@"
          return
        fi
        COMPREPLY=()
        type compopt >/dev/null 2>&1 && compopt +o default 2>/dev/null
        while IFS= read -r word; do
          if [[ $word == "$current"* ]]; then COMPREPLY+=("$(printf %q "$word")"); fi
        done < <(timeout "${HOLDFAST_COMPLETION_SECONDS:-2}" "${COMP_WORDS[0]}" complete $kinds 2>/dev/null </dev/null)
      }
      complete -F _holdfast_values -o default holdfast
      """;

  private Completion() {}

  /** For bash, and for zsh with bashcompinit. */
  public static String script(CommandLine program) {
    return AutoComplete.bash("holdfast", program).replace("\r", "") + VALUES;
  }

  /** Answers a shell, and says nothing at all where something is amiss. */
  static boolean answeredAtOnce(String[] arguments) {
    if (arguments.length < 2 || !arguments[0].equals(ASKED)) {
      return false;
    }
    try {
      LocalConfig config = new ConfigOption().quietly();
      Stream.of(arguments)
          .skip(1)
          .flatMap(kind -> values(config, kind))
          .distinct()
          .forEach(System.out::println);
    } catch (InvalidConfig | RuntimeException e) {
      // A shell has nobody to tell it to.
    }
    return true;
  }

  private static Stream<String> values(LocalConfig config, String kind) {
    // Where no agent has ever run there is nothing to offer, and nothing is made for it.
    if (!Files.isDirectory(config.stateDirectory())) {
      return Stream.empty();
    }
    return switch (kind) {
      case "jobs" -> jobs(config);
      case "snapshots" -> snapshots(config);
      case "targets" -> targets(config);
      case "settings" -> MachineSecrets.SETTINGS.stream();
      default -> Stream.empty();
    };
  }

  private static Stream<String> jobs(LocalConfig config) {
    return new ConfigCache(config.stateDirectory(), config.deviceId(), config.database().display())
        .load().stream().flatMap(cached -> cached.rows().jobs().stream()).map(JobRow::name);
  }

  /** Those of the last days, of which the machine itself has records: nobody waits for a list. */
  private static Stream<String> snapshots(LocalConfig config) {
    return new ToldRecords(new Spool(config.stateDirectory().resolve("spool")))
        .runs().stream()
            .flatMap(run -> run.snapshotId().stream())
            .map(id -> id.substring(0, Math.min(SHORT_ID, id.length())));
  }

  private static Stream<String> targets(LocalConfig config) {
    try (AgentParts parts =
        new AgentParts(
            config, Machine.current(), Database.direct(config.database()), Clock.systemUTC())) {
      return parts.copyTargets().all().stream().map(target -> target.name());
    } catch (ControlPlaneException e) {
      return Stream.empty();
    }
  }
}
