package io.holdfast.agent.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A way into a repository on disk by restic's REST protocol that adds files and removes none but
 * locks, as restic's own server with {@code --append-only}.
 */
public final class AppendOnlyServer implements AutoCloseable {

  private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
  private static final List<String> TYPES = List.of("data", "keys", "locks", "snapshots", "index");

  private final Path repository;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  public AppendOnlyServer(Path repository) throws IOException {
    this.repository = repository;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  public String url() {
    return "rest:http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      List<String> parts =
          Stream.of(exchange.getRequestURI().getPath().split("/", -1))
              .filter(part -> !part.isEmpty())
              .toList();
      boolean config = parts.equals(List.of("config"));
      if (!config && (parts.isEmpty() || !TYPES.contains(parts.getFirst()))) {
        send(exchange, 404, new byte[0]);
      } else if (parts.size() == 1 && !config) {
        list(exchange, repository.resolve(parts.getFirst()));
      } else if (config || NAME.matcher(parts.get(1)).matches()) {
        file(
            exchange,
            config ? repository.resolve("config") : place(parts),
            body,
            parts.getFirst().equals("locks"));
      } else {
        send(exchange, 404, new byte[0]);
      }
    }
  }

  private Path place(List<String> parts) {
    Path directory = repository.resolve(parts.getFirst());
    String name = parts.get(1);
    return parts.getFirst().equals("data")
        ? directory.resolve(name.substring(0, 2)).resolve(name)
        : directory.resolve(name);
  }

  private static void list(HttpExchange exchange, Path directory) throws IOException {
    List<Map<String, Object>> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.add(Map.of("name", file.getFileName().toString(), "size", Files.size(file)));
      }
    }
    exchange.getResponseHeaders().set("Content-Type", "application/vnd.x.restic.rest.v2");
    send(exchange, 200, new ObjectMapper().writeValueAsBytes(files));
  }

  private static void file(HttpExchange exchange, Path file, byte[] body, boolean lock)
      throws IOException {
    boolean there = Files.exists(file);
    switch (exchange.getRequestMethod()) {
      case "POST" -> {
        if (!there) {
          Files.write(file, body);
        }
        send(exchange, there ? 403 : 200, new byte[0]);
      }
      case "DELETE" -> {
        if (lock) {
          Files.deleteIfExists(file);
        }
        send(exchange, lock ? 200 : 403, new byte[0]);
      }
      case "HEAD" -> {
        if (there) {
          exchange.getResponseHeaders().set("Content-Length", String.valueOf(Files.size(file)));
        }
        exchange.sendResponseHeaders(there ? 200 : 404, -1);
      }
      default -> get(exchange, file, there);
    }
  }

  private static void get(HttpExchange exchange, Path file, boolean there) throws IOException {
    if (!there) {
      send(exchange, 404, new byte[0]);
      return;
    }
    byte[] content = Files.readAllBytes(file);
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (range == null) {
      send(exchange, 200, content);
      return;
    }
    String[] ends = range.replace("bytes=", "").split("-", -1);
    int from = Integer.parseInt(ends[0]);
    int to = ends[1].isEmpty() ? content.length : Integer.parseInt(ends[1]) + 1;
    send(exchange, 206, Arrays.copyOfRange(content, from, Math.min(to, content.length)));
  }

  private static void send(HttpExchange exchange, int code, byte[] body) throws IOException {
    exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
