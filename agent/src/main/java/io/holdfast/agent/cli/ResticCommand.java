package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.RestoreSource;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.release.BaseAddress;
import io.holdfast.agent.release.CannotInstall;
import io.holdfast.agent.release.Checksum;
import io.holdfast.agent.release.Installation;
import io.holdfast.agent.release.Platform;
import io.holdfast.agent.release.Release;
import io.holdfast.agent.restic.RepositoryReader;
import io.holdfast.agent.restic.ResticBinary;
import io.holdfast.agent.restic.ResticByHand;
import io.holdfast.agent.restic.ResticFinder;
import io.holdfast.agent.restic.ResticPlaces;
import io.holdfast.agent.restic.ResticPlaces.Origin;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.ResticVersion.Tier;
import io.holdfast.agent.restore.CannotRestore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast restic}: the program that does the work. */
@Command(
    name = "restic",
    description =
        "Shows which restic is used, fetches one, or calls it on this machine's repository.",
    mixinStandardHelpOptions = true)
final class ResticCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  /** What the configuration says of restic; a machine that has none yet gets the usual places. */
  private record Known(ResticPlaces places, Path stateDirectory, Optional<String> releases) {

    static Known of(ConfigOption option) throws InvalidConfig {
      if (!option.isNamed() && Files.notExists(option.path())) {
        return known(Optional.empty(), option.environment().stateDirectory(), Optional.empty());
      }
      LocalConfig config = option.load();
      return known(config.resticPath(), config.stateDirectory(), config.resticReleases());
    }

    private static Known known(
        Optional<Path> configured, Path stateDirectory, Optional<String> releases) {
      return new Known(
          ResticPlaces.of(configured, stateDirectory, System.getenv()), stateDirectory, releases);
    }
  }

  /** The restic that is used, for programs. */
  private record Used(String path, String origin, String version, boolean fullService) {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: show, install, exec, env");
  }

  @Command(
      name = "show",
      description = "Shows which restic the agent uses, from where, and how well it serves.",
      mixinStandardHelpOptions = true)
  int show(@Mixin ConfigOption config, @Mixin JsonOutput json) throws InvalidConfig {
    ResticPlaces places = Known.of(config).places();
    try {
      ResticPlaces.Located located = places.locate();
      print(json, ResticFinder.at(located.path()), located.origin());
      return ExitCode.OK;
    } catch (ResticUnavailable e) {
      throw new CommandFailure(ExitCode.WRONG, e.getMessage(), e.remedy());
    }
  }

  private void print(JsonOutput json, ResticBinary binary, Origin origin) {
    PrintWriter out = spec.commandLine().getOut();
    boolean full = binary.version().tier() != Tier.DEGRADED;
    if (json.wanted()) {
      JsonOutput.print(
          out,
          new Used(
              binary.path().toString(),
              switch (origin) {
                case CONFIGURED -> "configured";
                case INSTALLED -> "installed";
                case SEARCH_PATH -> "path";
              },
              binary.version().toString(),
              full));
      return;
    }
    out.println("restic   " + binary.path());
    out.println(
        "from     "
            + switch (origin) {
              case CONFIGURED -> "restic.path in the configuration file";
              case INSTALLED -> "'holdfast restic install'";
              case SEARCH_PATH -> "the PATH";
            });
    out.println(
        "version  "
            + binary.version()
            + (full
                ? ", full service"
                : ", less than full service: see " + Pages.named("docs/restic.md")));
  }

  @Command(
      name = "exec",
      description = {
        "Calls restic on this machine's repository, with whatever arguments it takes; no secret is on any"
            + " command line.",
        "Needs no database. The exit code is restic's."
      },
      mixinStandardHelpOptions = true)
  int exec(
      @Mixin ConfigOption config,
      @Parameters(
              arity = "1..*",
              paramLabel = "ARGUMENT",
              description = "what stands behind 'restic', such as: snapshots --latest 1")
          List<String> arguments)
      throws InvalidConfig, ControlPlaneException, CannotRestore, InterruptedException {
    try (CancelOnSignal signal = new CancelOnSignal()) {
      return ResticByHand.run(reader(config, signal), arguments, signal.cancellation());
    } catch (IOException e) {
      throw new UncheckedIOException("restic cannot be started", e);
    }
  }

  @Command(
      name = "env",
      description = {
        "Prints the variables by which a restic finds this machine's repository, for a shell:",
        "eval \"$(holdfast restic env)\". The password is among them, so never onto a terminal."
      },
      mixinStandardHelpOptions = true)
  int env(@Mixin ConfigOption config) throws InvalidConfig, ControlPlaneException, CannotRestore {
    if (Terminal.isConsole()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "the repository's password would be shown on the terminal",
          "Write eval \"$(holdfast restic env)\"; 'holdfast restic exec' needs no variables.");
    }
    try (CancelOnSignal signal = new CancelOnSignal()) {
      PrintWriter out = spec.commandLine().getOut();
      ResticByHand.environment(reader(config, signal))
          .forEach((name, value) ->
              out.println("export " + name + "='" + value.replace("'", "'\\''") + "'"));
      out.flush();
    }
    return ExitCode.OK;
  }

  /**
   * The control plane is asked for it, and left alone afterwards: somebody may mount it for days.
   */
  private RepositoryReader reader(ConfigOption config, CancelOnSignal signal)
      throws InvalidConfig, ControlPlaneException, CannotRestore {
    try (AgentParts parts = config.parts()) {
      return RestoreSource.of(
              parts,
              new RestoreSource.Wanted(
                  Optional.empty(), true, signal.cancellation(), Failures.told(spec)))
          .reader();
    }
  }

  @Command(
      name = "install",
      description = {
        "Fetches a release of restic, checks its SHA-256 and keeps it for the agent.",
        "The proxy is the one that HTTPS_PROXY names."
      },
      mixinStandardHelpOptions = true)
  int install(
      @Mixin ConfigOption config,
      @Option(
              names = "--from",
              paramLabel = "URL",
              description = {
                "the address of the releases, without the version; else restic.releases in the configuration"
                    + " file, else restic's own:",
                BaseAddress.OFFICIAL
              })
          @Nullable String from,
      @Option(
              names = "--sha256",
              paramLabel = "SUM",
              description =
                  "what the file's checksum must be, instead of what is known of the default version, and what the"
                      + " release's own list says of others")
          @Nullable String sum,
      @Parameters(
              arity = "0..1",
              paramLabel = "VERSION",
              defaultValue = Release.TESTED,
              description = "such as ${DEFAULT-VALUE}, which is the default")
          String version)
      throws InvalidConfig, CannotInstall {
    Release release =
        Release.of(
            version, Platform.of(System.getProperty("os.name"), System.getProperty("os.arch")));
    Optional<Checksum> pinned = sum == null ? Optional.empty() : Optional.of(Checksum.of(sum));
    Known known = Known.of(config);
    BaseAddress base =
        BaseAddress.of(
            Optional.ofNullable(from).or(known::releases).orElse(BaseAddress.OFFICIAL),
            pinned.isPresent());
    ResticBinary installed =
        new Installation(ResticPlaces.keptIn(known.stateDirectory()), base, System.getenv())
            .install(release, pinned);
    PrintWriter out = spec.commandLine().getOut();
    out.println("restic " + installed.version() + " is installed: " + installed.path());
    known
        .places()
        .configured()
        .ifPresent(path ->
            spec.commandLine()
                .getErr()
                .println(
                    "holdfast: restic.path in the configuration file names "
                        + path
                        + ", which is used instead until that line is removed."));
    return ExitCode.OK;
  }
}
