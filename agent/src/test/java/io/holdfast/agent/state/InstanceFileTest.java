package io.holdfast.agent.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceFileTest {

  @TempDir private Path directory;

  @Test
  void it_is_made_once_and_outlives_the_agent() {
    UUID id = new InstanceFile(directory).id();
    assertThat(new InstanceFile(directory).id()).isEqualTo(id);
  }

  @Test
  void a_new_one_outlives_the_agent_too() {
    InstanceFile instance = new InstanceFile(directory);
    UUID first = instance.id();
    UUID second = instance.renew();
    assertThat(second).isNotEqualTo(first).isEqualTo(instance.id());
    assertThat(new InstanceFile(directory).id()).isEqualTo(second);
  }

  @Test
  void a_damaged_one_is_replaced() throws Exception {
    Files.writeString(directory.resolve("instance"), "no id");
    UUID id = new InstanceFile(directory).id();
    assertThat(new InstanceFile(directory).id()).isEqualTo(id);
  }

  @Test
  void where_it_cannot_be_written_it_holds_until_the_agent_ends() {
    InstanceFile instance = new InstanceFile(directory.resolve("not-there"));
    assertThat(instance.id()).isEqualTo(instance.id());
  }
}
