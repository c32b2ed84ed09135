package io.holdfast.agent.service;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.agent.testing.NotifySocketServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotifySocketTest {

  @TempDir private Path directory;

  @Test
  void a_message_arrives_at_a_path_and_in_the_abstract_namespace() throws Exception {
    try (NotifySocketServer path = NotifySocketServer.at(directory.resolve("notify"));
        NotifySocketServer abstractly =
            NotifySocketServer.abstractly("holdfast-test-" + ProcessHandle.current().pid())) {
      for (NotifySocketServer server : new NotifySocketServer[] {path, abstractly}) {
        NotifySocket socket = new NotifySocket(server.address());
        socket.send("READY=1");
        socket.send("STATUS=zwölf");
        eventually()
            .untilAsserted(
                () -> assertThat(server.heard()).containsExactly("READY=1", "STATUS=zwölf"));
      }
    }
  }

  @Test
  void a_socket_that_is_not_there_is_an_error() {
    NotifySocket gone = new NotifySocket(directory.resolve("gone").toString());
    assertThatThrownBy(() -> gone.send("READY=1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("errno 2");
    assertThatThrownBy(() -> new NotifySocket("/" + "x".repeat(120)).send("READY=1"))
        .hasMessageContaining("too long");
  }
}
