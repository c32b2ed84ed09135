package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.report.ProgressReport;
import io.holdfast.agent.report.RunSink;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreEnded;
import io.holdfast.agent.run.RunRecord.RestoreRecord;
import io.holdfast.agent.run.RunRecord.RestoreStarted;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.Verdict;
import io.holdfast.agent.sync.ConfigSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/** Runs become rows of {@code runs}; what they leave to mend becomes rows of {@code problems}. */
public final class PostgresRunSink implements RunSink {

  private static final Set<String> MAYBE_OF_ANOTHER =
      Set.of(DatabaseFaults.RIGHT_MISSING, ConfigSource.LOGIN_OF_ANOTHER);

  private final Database database;
  private final Supplier<Optional<UUID>> instance;

  /** Without an id of the agent's: for tests and tools. */
  public PostgresRunSink(Database database) {
    this(database, Optional::empty);
  }

  /**
   * @param instance which agent of the device this is
   */
  public PostgresRunSink(Database database, Supplier<Optional<UUID>> instance) {
    this.database = database;
    this.instance = instance;
  }

  @Override
  public void started(RunStarted started) throws ControlPlaneException {
    write(
        started.deviceId(),
        handle -> {
          fired(handle, started);
          RunDao.started(handle, started, instance.get());
          started
              .requests()
              .forEach(
                  request -> RequestDao.begun(handle, started.deviceId(), request, started.uuid()));
        });
  }

  private static void fired(Handle handle, RunStarted started) {
    ScheduleDao.fired(handle, started.jobId(), started.schedules(), started.startedAt());
  }

  @Override
  public void finished(RunFinished finished) throws ControlPlaneException {
    write(
        finished.start().deviceId(),
        handle -> {
          fired(handle, finished.start());
          if (RunDao.finished(handle, finished)) {
            leave(handle, finished);
          }
          answer(handle, finished);
        });
  }

  /** Whoever asked for the run learns how it ended. */
  private static void answer(Handle handle, RunFinished finished) {
    Verdict verdict = finished.verdict();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("run_uuid", finished.uuid());
    result.put("outcome", verdict.outcome().word());
    finished.snapshotId().ifPresent(id -> result.put("snapshot_id", id));
    for (UUID request : finished.start().requests()) {
      RequestDao.answer(
          handle,
          finished.start().deviceId(),
          request,
          finished.snapshotId().isPresent(),
          verdict.sentence().isEmpty() ? "the job was backed up" : verdict.sentence(),
          result);
    }
  }

  private static void leave(Handle handle, RunFinished finished) {
    RunStarted start = finished.start();
    Verdict verdict = finished.verdict();
    if (verdict.outcome() == Outcome.SUCCESS) {
      ProblemDao.runSucceeded(handle, start.deviceId(), start.jobId());
    } else if (verdict.outcome() != Outcome.CANCELLED) {
      ProblemDao.runLeft(
          handle,
          start.deviceId(),
          start.jobId(),
          Problem.ofJob(
              verdict.code(),
              start.jobId(),
              start.jobName(),
              "job \"" + start.jobName() + "\": " + verdict.sentence(),
              verdict.remedy()));
    }
  }

  @Override
  public void missed(RunMissed missed) throws ControlPlaneException {
    write(missed.deviceId(), handle -> MissedRunDao.put(handle, missed));
  }

  @Override
  public void ended(HousekeepingEnded ended) throws ControlPlaneException {
    write(ended.run().deviceId(), handle -> HousekeepingDao.ended(handle, ended));
  }

  @Override
  public void ended(ProofEnded ended) throws ControlPlaneException {
    write(ended.deviceId(), handle -> VerificationDao.put(handle, ended));
  }

  @Override
  public void restore(RestoreRecord record) throws ControlPlaneException {
    write(
        record.start().deviceId(),
        handle -> {
          switch (record) {
            case RestoreStarted started -> RestoreDao.started(handle, started);
            case RestoreEnded ended -> RestoreDao.ended(handle, ended);
          }
        });
  }

  /**
   * A record of another device than the one whose login this is will never be taken: it must not
   * hold up the others. Without a device's login at all it waits, since somebody may mend that.
   */
  private void write(String recordsDevice, Consumer<Handle> work) throws ControlPlaneException {
    try {
      database.call(handle -> {
        work.accept(handle);
        return true;
      });
    } catch (ControlPlaneException e) {
      if (!MAYBE_OF_ANOTHER.contains(e.problem().code())) {
        throw e;
      }
      Optional<String> us =
          database.call(
              handle -> handle.createQuery("SELECT holdfast.me()").mapTo(String.class).findOne());
      if (us.isEmpty() || us.get().equals(recordsDevice)) {
        throw e;
      }
      throw new ControlPlaneException(
          Kind.REFUSED,
          Problem.ofDevice(
              "record-of-another-device",
              "the record is of device \"" + recordsDevice + "\", and this is \"" + us.get() + "\"",
              "Was device.id changed in the configuration file? It never should be."),
          e);
    }
  }

  @Override
  public Set<UUID> known(List<UUID> records) throws ControlPlaneException {
    return database.call(handle -> RunDao.known(handle, records));
  }

  @Override
  public void progress(RunId id, ProgressReport progress) throws ControlPlaneException {
    database.call(handle -> {
      if (!RunDao.progress(handle, id, progress)) {
        RestoreDao.progress(handle, id, progress);
      }
      return true;
    });
  }
}
