package io.holdfast.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What programs read. */
class JsonOutputTest {

  private record Line(String fileName) {}

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
