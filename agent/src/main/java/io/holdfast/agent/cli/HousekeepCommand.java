package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.ManualHousekeeping;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.maintenance.Kind;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast housekeep KIND} */
@Command(
    name = "housekeep",
    description = {
      "Does one thing to the repository now, whatever the table housekeeping says; only on a housekeeper.",
      "Waits for backups that go on; others wait until it has ended. Ctrl-C ends it cleanly."
    },
    mixinStandardHelpOptions = true)
final class HousekeepCommand implements Callable<Integer> {

  /** As the column parts has it. */
  private static final int MOST_PARTS = 1000;

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  /** For the help and the completion. */
  static final class Kinds implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Kind.values()).map(Kind::word).iterator();
    }
  }

  @Parameters(
      paramLabel = "KIND",
      completionCandidates = Kinds.class,
      description = "one of ${COMPLETION-CANDIDATES}")
  private String kind = "";

  @Option(
      names = "--target",
      paramLabel = "NAME",
      description = "in this copy target instead of the repository that devices back up into")
  private @Nullable String target;

  @Option(
      names = "--parts",
      paramLabel = "N",
      description =
          "with check-data: read one of N parts of all data, the one whose turn it is; 1 reads all (default:"
              + " what the table housekeeping says)")
  private @Nullable Integer parts;

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    Kind wanted =
        Kind.of(kind)
            .orElseThrow(() ->
                new ParameterException(
                    spec.commandLine(),
                    "\"" + kind + "\" is none of " + String.join(", ", new Kinds())));
    if (wanted == Kind.COPY && target == null) {
      throw new ParameterException(
          spec.commandLine(), "say where to copy to: --target NAME, as copy_targets has it");
    }
    if (parts != null && wanted != Kind.CHECK_DATA) {
      throw new ParameterException(spec.commandLine(), "--parts goes with check-data alone");
    }
    if (parts != null && (parts < 1 || parts > MOST_PARTS)) {
      throw new ParameterException(
          spec.commandLine(), "--parts takes a number from 1 to " + MOST_PARTS + ", not " + parts);
    }
    OptionalInt asked = parts == null ? OptionalInt.empty() : OptionalInt.of(parts);
    Logging.quiet();
    try (CancelOnSignal signal = new CancelOnSignal();
        AgentParts agent = config.parts()) {
      return HousekeepingShown.show(
          spec.commandLine().getOut(),
          json.wanted(),
          new ManualHousekeeping(agent, signal.cancellation())
              .run(wanted, Optional.ofNullable(target), asked));
    }
  }
}
