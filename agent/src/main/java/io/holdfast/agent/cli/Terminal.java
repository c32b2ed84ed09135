package io.holdfast.agent.cli;

import java.io.Console;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The terminal that we are shown on, if we are shown on one. */
final class Terminal {

  /** As wide as terminals are that say nothing of it. */
  private static final int USUAL = 80;

  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;

  /** The kernel's question for the size of a terminal's window. */
  private static final long TIOCGWINSZ = 0x5413;

  private static final int SIZE_OF_WINSIZE = 8;
  private static final int COLUMNS = 2;

  private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

  private Terminal() {}

  /** Whether Java takes standard input and output for one; nothing is asked of the kernel. */
  static boolean isConsole() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  /** How many characters fit on a line of standard output; any number if it is no terminal. */
  static int room() {
    if (!isConsole()) {
      return Integer.MAX_VALUE;
    }
    return width(STANDARD_OUTPUT).orElse(USUAL);
  }

  /** Whether standard error is a terminal on which a line can be drawn over again. */
  static boolean redraws() {
    @Nullable String kind = System.getenv("TERM");
    if ("dumb".equals(kind)) {
      return false;
    }
    return LINUX ? kind != null && width(STANDARD_ERROR).isPresent() : isConsole();
  }

  /** How many characters fit on a line of standard error just now. */
  static int columns() {
    return width(STANDARD_ERROR).orElse(USUAL);
  }

  /** Linked when it is needed: a command that nobody looks at must not wait for it. */
  private static final class Ioctl {
    static final MethodHandle HANDLE = handle();

    private static MethodHandle handle() {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow("ioctl"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2));
    }
  }

  /** Empty if the descriptor is no terminal, or cannot be asked. */
  private static OptionalInt width(int descriptor) {
    if (!LINUX) {
      return OptionalInt.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(SIZE_OF_WINSIZE);
      int answer = (int) Ioctl.HANDLE.invokeExact(descriptor, TIOCGWINSZ, size);
      int columns = size.get(ValueLayout.JAVA_SHORT, COLUMNS);
      return answer == 0 ? OptionalInt.of(columns > 0 ? columns : USUAL) : OptionalInt.empty();
    } catch (Throwable e) {
      return OptionalInt.empty();
    }
  }
}
