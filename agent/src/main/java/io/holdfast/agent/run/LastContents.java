package io.holdfast.agent.run;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What each job's last good backup held: the next one is compared with it. */
public interface LastContents {

  /**
   * What was in it.
   *
   * @param files how many
   * @param filled those of its source paths that held something
   * @param definition stands for what the job was to back up and to leave out
   */
  record Contents(long files, Set<String> filled, String definition) {
    public Contents {
      filled = Set.copyOf(filled);
      Objects.requireNonNull(definition, "definition");
    }
  }

  /** As this machine remembers it; empty for a job that it has not backed up yet. */
  Optional<Contents> of(UUID job);

  void remember(UUID job, Contents contents);

  /**
   * What the control plane knows.
   *
   * @param files of the last good run; empty if there was none
   * @param accepted whether an admin has said since that the job's newest snapshot is as it should
   *     be
   */
  record Known(Optional<Long> files, boolean accepted) {
    static final Known NOTHING = new Known(Optional.empty(), false);
  }

  /**
   * Asks the control plane; only if something looks wrong.
   *
   * @param run the run that looks so, and when it began
   * @return empty if it cannot be asked
   */
  Optional<Known> known(UUID job, Instant run);
}
