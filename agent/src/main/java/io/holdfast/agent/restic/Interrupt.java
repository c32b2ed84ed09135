package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Asks a process to end as Ctrl-C does. Java itself can only send SIGTERM, after which restic up to
 * 0.16 leaves its lock behind; so this calls kill(2).
 */
final class Interrupt {

  private static final int SIGINT = 2;
  private static final int SIGCONT =
      System.getProperty("os.name", "").startsWith("Linux") ? 18 : 19;

  private Interrupt() {}

  /** Sends it; where it cannot be sent the process is ended the way that Java can. */
  static void send(ProcessHandle process) {
    if (!process.isAlive()) {
      // Its number may be another process's by now.
      return;
    }
    if (Windows.here()) {
      if (!ConsoleBreak.ask(process.pid())) {
        process.destroy();
      }
      return;
    }
    try {
      MethodHandle kill = kill();
      int ignored = (int) kill.invokeExact(Math.toIntExact(process.pid()), SIGINT);
      // One that was stopped hears nothing until it goes on, and could not remove its lock.
      int unusedToo = (int) kill.invokeExact(Math.toIntExact(process.pid()), SIGCONT);
    } catch (Throwable e) {
      process.destroy();
    }
  }

  private static MethodHandle kill() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find("kill").orElseThrow(),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  }
}
