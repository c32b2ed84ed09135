package io.holdfast.agent.restic;

import io.holdfast.agent.files.Windows;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Asks a restic to end on Windows, which has no signals: whoever shares a console with a process
 * can press Ctrl-Break for it, and Go takes that for an interrupt. A process of ours goes into
 * restic's console, presses, and ends; never if the agent itself is in there, since all in a
 * console hear it. All that is only for Windows is here and in the event log. Untested: there is no
 * Windows where our tests run.
 */
public final class ConsoleBreak {

  private static final int CTRL_BREAK_EVENT = 1;
  private static final int MOST_PROCESSES = 64;
  private static final int SECONDS_FOR_IT = 10;

  private ConsoleBreak() {}

  /**
   * For a service: procrun gives it a console, and every restic would be in it. Without one each
   * gets a hidden console of its own, since Java starts it so.
   */
  public static void leaveConsole() {
    if (Windows.here()) {
      try {
        int _ = (int) kernel("FreeConsole").invokeExact();
      } catch (Throwable e) {
        throw new IllegalStateException("the service's console cannot be left", e);
      }
    }
  }

  /**
   * Whether it could be asked. It may still take its time to end, or not end at all.
   *
   * @param pid of a process with a console of its own
   */
  static boolean ask(long pid) {
    try {
      Process helper =
          new ProcessBuilder(
                  command(
                      System.getProperty("java.home", ""),
                      System.getProperty("java.class.path", ""),
                      pid,
                      ProcessHandle.current().pid()))
              // The JVM answers Ctrl-Break with a list of its threads.
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (helper.waitFor(SECONDS_FOR_IT, TimeUnit.SECONDS)) {
        return helper.exitValue() == 0;
      }
      helper.destroyForcibly();
    } catch (IOException e) {
      // As if it had said no.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  static List<String> command(String javaHome, String classPath, long pid, long agent) {
    return List.of(
        Path.of(javaHome, "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx16m",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        classPath,
        ConsoleBreak.class.getName(),
        String.valueOf(pid),
        String.valueOf(agent));
  }

  /**
   * The helper: its arguments are the process to ask, and the one that must not hear it. What it
   * throws becomes its exit code.
   */
  public static void main(String[] arguments) throws Throwable {
    int pid = Integer.parseInt(arguments[0]);
    int agent = Integer.parseInt(arguments[1]);
    int _ = (int) kernel("FreeConsole").invokeExact();
    int entered = (int) kernel("AttachConsole", ValueLayout.JAVA_INT).invokeExact(pid);
    if (entered == 0 || isInConsole(agent)) {
      throw new IllegalStateException("that console cannot be used");
    }
    int pressed =
        (int)
            kernel("GenerateConsoleCtrlEvent", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
                .invokeExact(CTRL_BREAK_EVENT, 0);
    if (pressed == 0) {
      throw new IllegalStateException("nobody was asked");
    }
  }

  /** One that cannot be asked about counts as in there. */
  private static boolean isInConsole(int process) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocate(ValueLayout.JAVA_INT, MOST_PROCESSES);
      int found =
          (int)
              kernel("GetConsoleProcessList", ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                  .invokeExact(list, MOST_PROCESSES);
      boolean there = found <= 0 || found > MOST_PROCESSES;
      for (int i = 0; i < found && !there; i++) {
        there = list.getAtIndex(ValueLayout.JAVA_INT, i) == process;
      }
      return there;
    }
  }

  /** A function of Windows' own that answers with a number, 0 for no. */
  private static MethodHandle kernel(String name, MemoryLayout... parameters) {
    return Linker.nativeLinker()
        .downcallHandle(
            SymbolLookup.libraryLookup("kernel32", Arena.global()).find(name).orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters));
  }
}
