package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParseException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What restic answers when it is asked where something lies. */
class FoundListTest {

  private final List<String> hits = new ArrayList<>();

  private void read(String answer) throws IOException {
    FoundList.read(
        new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8)),
        (id, node) -> hits.add(id + " " + node.path()));
  }

  @Test
  void matches_are_told_with_their_snapshot_though_its_id_comes_after_them() throws Exception {
    read(
        """
        [{"matches":[{"path":"/a","type":"file","size":1},{"path":"/b","x":{"y":[1]}}],"hits":2,"snapshot":"s1"},
         {"matches":null,"hits":0,"snapshot":"s2"},
         {"matches":[{"path":"/c"}],"later":{"matches":[{"path":"/no"}]},"hits":1,"snapshot":"s3"}]
        """);
    assertThat(hits).containsExactly("s1 /a", "s1 /b", "s3 /c");
  }

  @Test
  void nothing_found_is_an_empty_list() throws Exception {
    read("[]\n");
    read("");
    assertThat(hits).isEmpty();
  }

  @Test
  void an_answer_that_breaks_off_is_none() {
    assertThatThrownBy(() -> read("[{\"matches\":[{\"path\":\"/a\"},"))
        .isInstanceOf(JsonParseException.class);
  }
}
