package io.holdfast.agent.report;

import io.holdfast.agent.run.RunRecord.RunFinished;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends of runs that could not be written to the spool. Should the agent end before they are, the
 * next one finds the runs open and asks the repository. Safe for many threads.
 */
public final class Unwritten {

  private final List<RunFinished> records = new ArrayList<>();

  synchronized void add(RunFinished record) {
    records.add(record);
  }

  synchronized List<RunFinished> all() {
    return List.copyOf(records);
  }

  synchronized void remove(RunFinished record) {
    records.remove(record);
  }
}
