package io.holdfast.agent.restic;

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

  private Interrupt() {}

  /** Sends it; on a system without signals the process is ended the way that Java can. */
  static void send(Process process) {
    if (!process.isAlive()) {
      // Its number may be another process's by now.
      return;
    }
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      process.destroy();
      return;
    }
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle kill =
          linker.downcallHandle(
              linker.defaultLookup().find("kill").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
      int ignored = (int) kill.invokeExact(Math.toIntExact(process.pid()), SIGINT);
    } catch (Throwable e) {
      process.destroy();
    }
  }
}
