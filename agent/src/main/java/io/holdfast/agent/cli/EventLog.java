package io.holdfast.agent.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.holdfast.agent.text.Visible;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * Tells the event log of Windows of the service's start and end, and all that is logged as a
 * warning or an error. The MSI registers the source, so that Windows shows the text as it is. What
 * calls Windows is untested: there is none where our tests run.
 */
final class EventLog extends AppenderBase<ILoggingEvent> {

  static final String SOURCE = "Holdfast";

  /** What Windows takes at most, with room for the mark that something is missing. */
  static final int LONGEST = 31_000;

  /** As Windows numbers them; an event has its kind for a number too. */
  enum Kind {
    ERROR((short) 1),
    WARNING((short) 2),
    INFORMATION((short) 4);

    private final short type;

    Kind(short type) {
      this.type = type;
    }
  }

  /** From now on what is logged goes there too. */
  static EventLog attach() {
    EventLog log = new EventLog();
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      log.setContext(context);
      log.start();
      context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(log);
    }
    return log;
  }

  static Optional<Kind> kind(Level level) {
    if (level.isGreaterOrEqual(Level.ERROR)) {
      return Optional.of(Kind.ERROR);
    }
    return level.isGreaterOrEqual(Level.WARN) ? Optional.of(Kind.WARNING) : Optional.empty();
  }

  /** Windows ends a text at the first NUL, and refuses one that is too long. */
  static String text(String said) {
    String clean = said.replace('\0', ' ');
    return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + " ...";
  }

  @Override
  protected void append(ILoggingEvent event) {
    kind(event.getLevel()).ifPresent(kind -> report(kind, Visible.of(event.getFormattedMessage())));
  }

  /** What cannot be told there is in the service's own log all the same. */
  void report(Kind kind, String said) {
    try (Arena arena = Arena.ofConfined()) {
      write(arena, kind, text(said));
    } catch (Throwable e) {
      addError("the event log of Windows took no event", e);
    }
  }

  private static void write(Arena arena, Kind kind, String text) throws Throwable {
    SymbolLookup library = SymbolLookup.libraryLookup("advapi32", arena);
    MethodHandle open =
        Linker.nativeLinker()
            .downcallHandle(
                library.find("RegisterEventSourceW").orElseThrow(),
                FunctionDescriptor.of(
                    ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    MemorySegment source =
        (MemorySegment) open.invokeExact(MemorySegment.NULL, wide(arena, SOURCE));
    MemorySegment texts = arena.allocate(ValueLayout.ADDRESS);
    texts.set(ValueLayout.ADDRESS, 0, wide(arena, text));
    int _ =
        (int)
            reportEvent(library)
                .invokeExact(
                    source,
                    kind.type,
                    (short) 0,
                    (int) kind.type,
                    MemorySegment.NULL,
                    (short) 1,
                    0,
                    texts,
                    MemorySegment.NULL);
    int _ =
        (int)
            Linker.nativeLinker()
                .downcallHandle(
                    library.find("DeregisterEventSource").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                .invokeExact(source);
  }

  private static MethodHandle reportEvent(SymbolLookup library) {
    return Linker.nativeLinker()
        .downcallHandle(
            library.find("ReportEventW").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_SHORT,
                ValueLayout.JAVA_SHORT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_SHORT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS));
  }

  private static MemorySegment wide(Arena arena, String text) {
    return arena.allocateFrom(text, StandardCharsets.UTF_16LE);
  }
}
