package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.postgres.Migrations;
import io.holdfast.agent.postgres.Migrations.Applied;
import io.holdfast.agent.postgres.Migrations.Finding;
import io.holdfast.agent.postgres.Migrations.Step;
import io.holdfast.agent.text.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast migrate} */
@Command(
    name = "migrate",
    description = {
      "Creates the control plane's schema, or brings it up to date.",
      "Run it as the owner of the database or as a member of that role, which it then acts as; the",
      "owner needs CREATEROLE, must be no superuser and need not be able to log in."
    },
    mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private DatabaseOptions database = new DatabaseOptions();
  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--status", description = "show the migrations and apply none")
  private boolean statusOnly;

  @Override
  public Integer call() throws InvalidConfig, ControlPlaneException {
    DatabaseAddress address = database.orConfigured(config);
    Migrations migrations = new Migrations(address);
    PrintWriter out = spec.commandLine().getOut();
    if (!statusOnly) {
      Applied applied = migrations.migrate();
      show(applied.findings());
      if (!json.wanted()) {
        out.println(
            applied.steps() == 0
                ? address.display() + ": the schema is up to date"
                : address.display() + ": " + applied.steps() + " migrations applied");
        return ExitCode.OK;
      }
    }
    List<Step> steps = migrations.steps();
    if (json.wanted()) {
      JsonOutput.print(out, steps);
    } else {
      print(out, steps);
    }
    return ExitCode.OK;
  }

  /** Names of roles are in them, which anybody who may make roles has chosen. */
  private void show(List<Finding> findings) {
    PrintWriter err = spec.commandLine().getErr();
    for (Finding finding : findings) {
      err.println("holdfast: " + Visible.of(finding.sentence()));
      err.println("          " + Visible.of(finding.remedy()));
    }
  }

  private static void print(PrintWriter out, List<Step> steps) {
    Table table = new Table("VERSION", "MIGRATION", "STATE", "APPLIED");
    steps.forEach(step ->
        table.row(step.version(), step.description(), step.state(), Text.time(step.appliedAt())));
    table.print(out);
  }
}
