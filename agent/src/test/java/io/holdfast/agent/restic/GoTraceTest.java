package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is left of an answer of restic that names its own functions. */
class GoTraceTest {

  @Test
  void an_error_with_its_trace_is_the_error_alone() {
    String said =
        """
        Fatal: syntax error in pattern
        filter.Match
        github.com/restic/restic/internal/filter.Match
        	/build/restic-0.18.0/internal/filter/filter.go:88
        main.(*Finder).findInSnapshot.func1
        	/build/restic-0.18.0/cmd/restic/cmd_find.go:660
        runtime.goexit
        	/usr/lib/go-1.24/src/runtime/asm_amd64.s:1700
        """;
    assertThat(Probes.oneLine(said)).isEqualTo("syntax error in pattern; filter.Match");
  }

  @Test
  void a_panic_is_its_reason() {
    String said =
        """
        panic: runtime error: index out of range [3] with length 3

        goroutine 1 [running]:
        main.run({0xc000, 0x1})
        	/src/cmd/restic/main.go:12 +0x1d
        created by main.main in goroutine 1
        	/src/cmd/restic/main.go:99 +0x5a
        exit status 2\
        """;
    assertThat(Probes.oneLine(said))
        .isEqualTo("panic: runtime error: index out of range [3] with length 3; exit status 2");
  }

  @Test
  void what_only_speaks_of_such_files_stays() {
    String said = "open /src/main.go: permission denied\nread /src/x.go:660: bad";
    assertThat(GoTrace.without(said)).isEqualTo(said);
  }
}
