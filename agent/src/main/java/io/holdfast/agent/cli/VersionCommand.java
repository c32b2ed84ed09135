package io.holdfast.agent.cli;

import io.holdfast.agent.daemon.AgentVersion;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code holdfast version} */
@Command(
    name = "version",
    description = "Prints the version of holdfast and of the Java that it runs on.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {

  @Mixin private JsonOutput json = new JsonOutput();
  @Spec private CommandSpec spec = CommandSpec.create();

  private record Versions(String holdfast, String java) {
    static Versions current() {
      return new Versions(AgentVersion.current(), Runtime.version().toString());
    }

    String line() {
      return "holdfast " + holdfast + " on Java " + java;
    }
  }

  /** Scripts ask for it often, and picocli would take longer than the answer. */
  static boolean answeredAtOnce(String[] args) {
    if (args.length != 1) {
      return false;
    }
    switch (args[0]) {
      case "version" -> System.out.println(Versions.current().line());
      case "--version", "-V" -> System.out.println(Provider.line());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** For {@code holdfast --version}. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {line()};
    }

    static String line() {
      return "holdfast " + AgentVersion.current();
    }
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Versions versions = Versions.current();
    if (json.wanted()) {
      JsonOutput.print(out, versions);
    } else {
      out.println(versions.line());
    }
    return ExitCode.OK;
  }
}
