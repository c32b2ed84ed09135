package io.holdfast.agent.cli;

import io.holdfast.agent.restic.ConsoleBreak;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * The daemon as a service of Windows. procrun loads the JVM into its own process and calls these
 * two methods by their names, which packaging/windows/lib.sh gives it.
 */
public final class WindowsService {

  private WindowsService() {}

  /** Runs until {@link #stop}; procrun takes the service for running as long as this goes on. */
  public static void start(String[] arguments) {
    // Each restic then gets a console of its own, and can be asked to end alone.
    ConsoleBreak.leaveConsole();
    EventLog events = EventLog.attach();
    events.report(EventLog.Kind.INFORMATION, "Holdfast starts");
    StringWriter said = new StringWriter();
    int code = daemon(said);
    if (code != ExitCode.OK) {
      System.err.print(said);
      events.report(EventLog.Kind.ERROR, "Holdfast ended with exit code " + code + "\n" + said);
      System.exit(code);
    }
    events.report(EventLog.Kind.INFORMATION, "Holdfast has stopped");
  }

  private static int daemon(StringWriter said) {
    CommandLine commandLine = Commands.of(new String[] {"daemon"});
    commandLine.setErr(new PrintWriter(said, true));
    return commandLine.execute("daemon");
  }

  /**
   * Returns at once: procrun then tells Windows how long a stop may take, and waits for {@link
   * #start} to return.
   */
  public static void stop(String[] arguments) {
    StopCall.OF_PROCESS.make();
  }
}
