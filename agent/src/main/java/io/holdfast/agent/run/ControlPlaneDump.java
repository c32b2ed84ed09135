package io.holdfast.agent.run;

import io.holdfast.agent.restic.BackupWatch;
import io.holdfast.agent.restic.ExitMeaning;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Dumps the control plane's database into a file, which a run of such a job then backs up. */
public interface ControlPlaneDump {

  /** What came of it. */
  sealed interface Result {
    /** The dump is there, and whole. */
    record Made() implements Result {}

    /** It was ended by us. */
    record Stopped(ExitMeaning why) implements Result {
      public Stopped {
        Objects.requireNonNull(why, "why");
      }
    }

    /** There is none; the words are those of a verdict. */
    record Failed(String code, String sentence, String remedy) implements Result {
      public Failed {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(sentence, "sentence");
        Objects.requireNonNull(remedy, "remedy");
      }
    }
  }

  /** What would keep any dump from being made, as far as can be seen beforehand. */
  Optional<Result.Failed> obstacle();

  /** Where the dump of that job's runs lies while they go on: the same place for all of them. */
  Path place(UUID job);

  /**
   * Makes the dump there. The caller holds the job's lock, and removes the dump whatever came of
   * it.
   *
   * @throws InterruptedException if the thread was interrupted; the process has been ended
   */
  Result make(UUID job, BackupWatch watch) throws InterruptedException;

  /** Removes what lies there, if anything does; a failure is only logged. */
  void remove(UUID job);
}
