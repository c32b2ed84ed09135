package io.holdfast.agent.service;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Sends datagrams to a Unix socket on Linux. Java itself has no such sockets but those of streams,
 * so this calls socket(2), sendto(2) and close(2).
 */
final class NotifySocket implements Systemd.Channel {

  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int MSG_NOSIGNAL = 0x4000;

  /** The room for a path in sockaddr_un. */
  private static final int LONGEST_PATH = 108;

  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  private static final MethodHandle SOCKET =
      function(
          "socket",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));
  private static final MethodHandle SENDTO =
      function(
          "sendto",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT));
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private final byte[] path;

  /**
   * @param address a path, or a name in the abstract namespace that begins with @
   */
  NotifySocket(String address) {
    path = address.getBytes(StandardCharsets.UTF_8);
    if (path[0] == '@') {
      path[0] = 0;
    }
  }

  @Override
  public void send(String message) throws IOException {
    if (path.length >= LONGEST_PATH) {
      throw new IOException("the address in NOTIFY_SOCKET is too long");
    }
    try (Arena arena = Arena.ofConfined()) {
      send(arena, message.getBytes(StandardCharsets.UTF_8));
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(e);
    }
  }

  private void send(Arena arena, byte[] message) throws Throwable {
    MemorySegment errno = arena.allocate(Linker.Option.captureStateLayout());
    int socket = (int) SOCKET.invokeExact(errno, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
      throw failure("no socket", errno);
    }
    try {
      MemorySegment address = arena.allocate(2L + path.length);
      address.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) AF_UNIX);
      MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, 2, path.length);
      long sent =
          (long)
              SENDTO.invokeExact(
                  errno,
                  socket,
                  arena.allocateFrom(ValueLayout.JAVA_BYTE, message),
                  (long) message.length,
                  MSG_NOSIGNAL,
                  address,
                  (int) address.byteSize());
      if (sent < 0) {
        throw failure("not sent", errno);
      }
    } finally {
      int ignored = (int) CLOSE.invokeExact(errno, socket);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(), descriptor, ERRNO);
  }

  private static IOException failure(String what, MemorySegment errno) {
    return new IOException(what + ", errno " + errno.get(ValueLayout.JAVA_INT, 0));
  }
}
