package io.holdfast.agent.daemon;

import io.holdfast.agent.job.Problem;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/** Runs that cannot be written down do not start: the admin hears of it. */
final class StateDirectoryFaults implements RunQueue.StartFaults {

  private static final String KIND = "state-directory-unusable";

  private final ProblemBoard problems;
  private final Path stateDirectory;

  StateDirectoryFaults(ProblemBoard problems, Path stateDirectory) {
    this.problems = problems;
    this.stateDirectory = stateDirectory;
  }

  @Override
  public void notWritten(UncheckedIOException why) {
    problems.set(
        KIND,
        Optional.of(
            Problem.ofDevice(
                KIND,
                "backups are due and wait, since the state directory "
                    + stateDirectory
                    + " cannot be written: "
                    + String.valueOf(why.getCause()),
                "Make room there, or mend the disk; the agent tries again every minute.")));
  }

  @Override
  public void written() {
    problems.set(KIND, Optional.empty());
  }
}
