package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What programs read. */
class JsonOutputTest {

  private record Line(String fileName) {}

  private enum Grade {
    VERY_WELL
  }

  private record Found(Path config, Grade grade) {}

  @Test
  void a_path_is_a_path_and_a_word_is_as_the_database_has_it() {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    JsonOutput.printLine(out, new Found(Path.of("/etc/x.yaml"), Grade.VERY_WELL));
    out.flush();
    assertThat(text.toString()).isEqualTo("{\"config\":\"/etc/x.yaml\",\"grade\":\"very-well\"}\n");
  }

  @Test
  void values_follow_each_other_a_line_each_whatever_is_in_them() {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    JsonOutput.printLine(out, new Line("a\n\u001b\""));
    JsonOutput.printLine(out, new Line("b"));
    JsonOutput.print(out, List.of(1));
    assertThat(out.checkError()).isFalse();
    assertThat(text.toString())
        .isEqualTo("{\"file_name\":\"a\\n\\u001B\\\"\"}\n{\"file_name\":\"b\"}\n[ 1 ]\n");
  }
}
