package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.rebuild.Known;
import io.holdfast.agent.rebuild.Rebuilt;
import io.holdfast.agent.rebuild.Rebuilt.RunRow;
import java.time.OffsetDateTime;
import java.util.List;

/** A control plane that lacks rows, as an admin fills them in. */
public final class LostControlPlane implements AutoCloseable {

  /** A transaction of some seconds each. */
  private static final int RUNS_AT_ONCE = 1000;

  private final Database database;

  public LostControlPlane(DatabaseAddress address) {
    database = Database.direct(address);
  }

  /**
   * How many rows were really added.
   *
   * @param believed how many snapshots count that did not
   */
  public record Added(int devices, int jobs, int runs, int believed) {}

  /**
   * What it holds.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses, or has another
   *     schema
   */
  public Known known() throws ControlPlaneException {
    SchemaCheck.require(database);
    return database.call(RebuildDao::known);
  }

  /**
   * Adds what it lacks. May be repeated, also after it was cut short. A snapshot of a machine whose
   * clock was far ahead tells of no run: no row may begin in the future.
   *
   * @param believed whether the snapshots of these runs, and of those that were added before, count
   *     from now on
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public Added add(Rebuilt rows, boolean believed) throws ControlPlaneException {
    int devices = database.call(handle -> RebuildDao.devices(handle, rows.devices()));
    int jobs = database.call(handle -> RebuildDao.jobs(handle, rows.jobs()));
    OffsetDateTime latest = database.call(RebuildDao::latestStart);
    List<RunRow> accepted =
        rows.runs().stream().filter(run -> Times.write(run.start()).isBefore(latest)).toList();
    int runs = 0;
    for (int from = 0; from < accepted.size(); from += RUNS_AT_ONCE) {
      List<RunRow> some = accepted.subList(from, Math.min(accepted.size(), from + RUNS_AT_ONCE));
      runs += database.call(handle -> RebuildDao.runs(handle, some));
    }
    return new Added(devices, jobs, runs, believed ? database.call(RebuildDao::believe) : 0);
  }

  @Override
  public void close() {
    database.close();
  }
}
