package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.daemon.RebuildFromRepository;
import io.holdfast.agent.daemon.RebuildFromRepository.Result;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.LostControlPlane.Added;
import io.holdfast.agent.rebuild.Rebuilt;
import io.holdfast.agent.rebuild.Rebuilt.DeviceRow;
import io.holdfast.agent.rebuild.Rebuilt.JobRow;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast rebuild} */
@Command(
    name = "rebuild",
    description = {
      "Fills in what the control plane lacks from the snapshots in its repository: devices, jobs (switched off)"
          + " and a run for each snapshot.",
      "For a database that was lost: 'holdfast migrate' an empty one first. Run it as a backup_admin.",
      "Rows that are there stay as they are, so it may be repeated; the repository is only read.",
      "Credentials of its storage are taken from the environment, such as AWS_ACCESS_KEY_ID."
    },
    mixinStandardHelpOptions = true)
final class RebuildCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private DatabaseBesideRepository database = new DatabaseBesideRepository();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--repository",
      required = true,
      paramLabel = "URL",
      description = "the repository, as repository_url had it")
  private String repository = "";

  @Option(
      names = "--password-file",
      required = true,
      paramLabel = "FILE",
      description = "a file that holds the repository's password alone")
  private Path passwordFile = Path.of("");

  @Option(names = "--restic", paramLabel = "PATH", description = "restic (default: look in PATH)")
  private @Nullable Path restic;

  @Option(names = "--dry-run", description = "show what is lacking and write nothing")
  private boolean dryRun;

  @Option(
      names = "--believe",
      description =
          "the snapshots count from now on as if runs had told of them; look at --dry-run first: whoever"
              + " has the repository's password can have added some")
  private boolean believe;

  /** For --json. */
  private record Shown(
      boolean written,
      int snapshots,
      int foreign,
      int runsKnown,
      int runs,
      List<DeviceRow> devices,
      List<JobRow> jobs) {}

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException, InterruptedException {
    DatabaseAddress address = database.options().orConfigured(config);
    RebuildFromRepository rebuild =
        new RebuildFromRepository(
            new Secret(repository),
            password(),
            Optional.ofNullable(restic),
            config.environment().variables());
    return switch (rebuild.run(address, !dryRun, believe)) {
      case Result.Unreadable(String message, String remedy) ->
          throw new CommandFailure(ExitCode.WRONG, message, remedy);
      case Result.Done(Rebuilt rows, Optional<Added> added) -> {
        show(address, rows, added);
        yield ExitCode.OK;
      }
    };
  }

  private Secret password() {
    try {
      return DatabaseAddress.readPassword(passwordFile);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--password-file " + passwordFile + " cannot be read",
          "Check the path and its permissions; it holds the repository's password.");
    }
  }

  private void show(DatabaseAddress address, Rebuilt rows, Optional<Added> added) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted()) {
      JsonOutput.print(
          out,
          new Shown(
              added.isPresent(),
              rows.snapshots(),
              rows.foreign(),
              rows.runsKnown(),
              rows.runs().size(),
              rows.devices(),
              rows.jobs()));
      return;
    }
    if (!rows.jobs().isEmpty()) {
      table(rows.jobs()).print(out);
    }
    out.printf(
        Locale.ROOT,
        "%d snapshots: %d tell of runs that the control plane lacks, %d of runs that it has, %d carry no"
            + " tag of a job and are left alone%n",
        rows.snapshots(),
        rows.runs().size(),
        rows.runsKnown(),
        rows.foreign());
    Added counts =
        added.orElse(new Added(rows.devices().size(), rows.jobs().size(), rows.runs().size(), 0));
    out.printf(
        Locale.ROOT,
        "%s: %d devices, %d jobs, %d runs %s%n",
        address.display(),
        counts.devices(),
        counts.jobs(),
        counts.runs(),
        added.isPresent() ? "added" : "would be added");
    if (counts.believed() > 0) {
      out.printf(Locale.ROOT, "%d snapshots count from now on%n", counts.believed());
    }
    if (counts.runs() > 0 && !believe) {
      out.println(
          "Their snapshots do not count yet: devices that report again tell of those of the last three"
              + " days; if all that is listed is really theirs, --believe says so.");
    }
    if (added.isPresent() && counts.jobs() > 0) {
      out.println(
          "The jobs are switched off: check source_paths, set exclude_patterns and schedules, then"
              + " enabled = true.");
    }
  }

  private static Table table(List<JobRow> jobs) {
    Table table = new Table("DEVICE", "JOB", "KIND", "SNAPSHOTS", "NEWEST", "SOURCE PATHS");
    jobs.forEach(job ->
        table.row(
            job.deviceId(),
            job.name(),
            job.kind().word(),
            String.valueOf(job.snapshots()),
            Text.time(job.newest()),
            String.join(", ", job.sourcePaths())));
    return table;
  }
}
