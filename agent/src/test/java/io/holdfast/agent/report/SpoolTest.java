package io.holdfast.agent.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.run.Outcome;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord;
import io.holdfast.agent.run.RunRecord.HousekeepingEnded;
import io.holdfast.agent.run.RunRecord.ProofEnded;
import io.holdfast.agent.run.RunRecord.RestoreRecord;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunMissed;
import io.holdfast.agent.run.RunRecord.RunStarted;
import io.holdfast.agent.run.Verdict;
import io.holdfast.agent.testing.Records;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {

  @TempDir private Path directory;

  /** Keeps what it is given, and fails as it is told. */
  private static final class ListSink implements RunSink {
    private final List<RunRecord> taken = new ArrayList<>();
    private Optional<Kind> failure = Optional.empty();
    private Optional<RunId> refuses = Optional.empty();
    private boolean refusesOutput;

    @Override
    public void started(RunStarted started) throws ControlPlaneException {
      take(started);
    }

    @Override
    public void finished(RunFinished finished) throws ControlPlaneException {
      take(finished);
    }

    @Override
    public void ended(HousekeepingEnded ended) throws ControlPlaneException {
      take(ended);
    }

    @Override
    public void ended(ProofEnded ended) throws ControlPlaneException {
      take(ended);
    }

    @Override
    public void restore(RestoreRecord record) throws ControlPlaneException {
      take(record);
    }

    private void take(RunRecord record) throws ControlPlaneException {
      if (failure.isPresent() && refuses.map(id -> id.value().equals(record.uuid())).orElse(true)) {
        throw new ControlPlaneException(
            failure.get(), Problem.ofDevice("test", "the sink says no", "Ask it again."));
      }
      if (refusesOutput && record instanceof RunFinished end && !end.standardOutput().isEmpty()) {
        throw new ControlPlaneException(
            Kind.REFUSED, Problem.ofDevice("test", "that is too long", "Write less."));
      }
      taken.add(record);
    }

    @Override
    public void missed(RunMissed missed) throws ControlPlaneException {
      take(missed);
    }

    @Override
    public Set<UUID> known(List<UUID> records) {
      return taken.stream().map(RunRecord::uuid).collect(Collectors.toSet());
    }

    @Override
    public void progress(RunId id, ProgressReport progress) {}
  }

  private final ListSink sink = new ListSink();

  @Test
  void records_come_out_as_they_went_in_and_in_the_order_in_which_they_were_added() {
    Spool spool = new Spool(directory);
    // A clock that was set back makes the run that started later look older.
    RunStarted first = Records.started(2);
    RunFinished firstEnd = Records.finished(first);
    RunStarted second = Records.started(1);
    RunMissed missed = Records.missed(3);
    spool.add(first);
    spool.add(firstEnd);
    spool.add(missed);
    spool.add(second);

    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();

    assertThat(sink.taken).containsExactly(first, firstEnd, missed, second);
    assertThat(spool.waiting()).isEmpty();
  }

  private static Stream<Class<?>> kindsOf(Class<?> of) {
    Class<?>[] further = of.getPermittedSubclasses();
    return further == null ? Stream.of(of) : Stream.of(further).flatMap(SpoolTest::kindsOf);
  }

  @Test
  void records_of_every_kind_come_out_as_they_went_in() {
    List<RunRecord> one =
        List.of(
            Records.started(1),
            Records.finished(Records.started(2)),
            Records.missed(3),
            Records.housekeeping(4),
            Records.proof(5),
            Records.restoreStarted(6),
            Records.restoreEnded(7));
    assertThat(one.stream().map(Object::getClass).collect(Collectors.toSet()))
        .as("a kind that was added since")
        .isEqualTo(kindsOf(RunRecord.class).collect(Collectors.toSet()));
    Spool spool = new Spool(directory);
    one.forEach(spool::add);

    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();

    assertThat(sink.taken).containsExactlyElementsOf(one);
    assertThat(spool.refused()).isZero();
  }

  @Test
  void another_process_sees_what_was_added() {
    new Spool(directory).add(Records.started(1));
    assertThat(new Spool(directory).waiting()).hasSize(1);
  }

  @Test
  void without_the_control_plane_every_record_stays_and_the_reason_is_told() {
    Spool spool = new Spool(directory);
    spool.add(Records.started(1));
    spool.add(Records.started(2));
    sink.failure = Optional.of(Kind.UNAVAILABLE);

    assertThat(new Drain(spool, new Unwritten(), sink).turn())
        .map(Problem::message)
        .contains("the sink says no");
    assertThat(spool.waiting()).hasSize(2);

    sink.failure = Optional.empty();
    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();
    assertThat(sink.taken).hasSize(2);
  }

  @Test
  void a_record_that_is_refused_for_good_is_kept_aside_and_holds_up_nothing() throws IOException {
    Spool spool = new Spool(directory);
    RunStarted refused = Records.started(1);
    RunStarted welcome = Records.started(2);
    spool.add(refused);
    spool.add(welcome);
    sink.failure = Optional.of(Kind.REFUSED);
    sink.refuses = Optional.of(refused.id());

    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();

    assertThat(sink.taken).containsExactly(welcome);
    assertThat(spool.waiting()).isEmpty();
    assertThat(spool.refused()).isEqualTo(1);
    try (var aside = Files.list(directory.resolve("refused"))) {
      assertThat(aside.filter(f -> f.toString().endsWith(".reason")).toList())
          .singleElement()
          .satisfies(file -> assertThat(file).content().contains("the sink says no"));
    }
  }

  @Test
  void an_end_that_is_refused_for_what_it_says_is_told_in_short() {
    Spool spool = new Spool(directory);
    RunStarted start = Records.started(1);
    RunFinished end = Records.finished(start, Verdict.failed("restic-failed", "long", "Look."));
    spool.add(start);
    spool.add(end);
    sink.refusesOutput = true;

    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();

    assertThat(sink.taken).hasSize(2).startsWith(start);
    assertThat(sink.taken.getLast())
        .isInstanceOfSatisfying(
            RunFinished.class,
            told -> {
              assertThat(told.uuid()).isEqualTo(end.uuid());
              assertThat(told.snapshotId()).isEqualTo(end.snapshotId());
              assertThat(told.verdict().outcome()).isEqualTo(Outcome.FAILED);
              assertThat(told.verdict().code()).isEqualTo("restic-failed");
              assertThat(told.verdict().sentence()).contains("that is too long");
            });
    assertThat(spool.waiting()).isEmpty();
    assertThat(spool.refusedAre()).containsExactly("job \"home\"");
  }

  /** A directory where the file is written before it has its name. */
  private Path inTheWayOf(String file) {
    return directory.resolve(file + "." + ProcessHandle.current().pid() + ".new/something");
  }

  @Test
  void an_end_in_memory_that_is_refused_is_told_in_short_too() throws Exception {
    Spool spool = new Spool(directory);
    Unwritten unwritten = new Unwritten();
    RunFinished end = Records.finished(Records.started(1));
    unwritten.add(end);
    Files.createDirectories(inTheWayOf("000000000001-" + end.uuid() + ".finished.json"));
    sink.refusesOutput = true;

    assertThat(new Drain(spool, unwritten, sink).turn()).isEmpty();

    assertThat(sink.taken).singleElement().extracting(RunRecord::uuid).isEqualTo(end.uuid());
    assertThat(unwritten.all()).isEmpty();
  }

  @Test
  void a_file_that_is_no_record_is_kept_aside_and_holds_up_nothing() throws IOException {
    Spool spool = new Spool(directory);
    Files.writeString(directory.resolve("0-broken.json"), "{\"started\":{\"id\"");
    Files.writeString(directory.resolve("1-foreign.json"), "{}");
    RunStarted welcome = Records.started(2);
    spool.add(welcome);

    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();

    assertThat(sink.taken).containsExactly(welcome);
    assertThat(spool.refused()).isEqualTo(2);
  }

  @Test
  void the_end_of_a_run_finds_the_room_that_its_start_has_taken() throws IOException {
    Spool spool = new Spool(directory);
    RunStarted start = Records.started(1);
    spool.add(start);
    Path room = directory.resolve(start.uuid() + ".room");
    assertThat(room).exists();
    Object place = Files.getAttribute(room, "unix:ino");

    RunFinished end = Records.finished(start);
    spool.add(end);

    assertThat(room).doesNotExist();
    Path written = spool.waiting().getLast();
    assertThat(written.toString()).endsWith(".finished.json");
    assertThat(Files.getAttribute(written, "unix:ino")).isEqualTo(place);
    assertThat(new Drain(spool, new Unwritten(), sink).turn()).isEmpty();
    assertThat(sink.taken).containsExactly(start, end);
  }

  @Test
  void what_the_control_plane_had_taken_and_has_no_more_is_delivered_again() throws Exception {
    Spool spool = new Spool(directory);
    RunStarted start = Records.started(1);
    RunFinished kept = Records.finished(start);
    RunFinished lost = Records.finished(Records.started(2));
    spool.add(start);
    spool.add(kept);
    spool.add(lost);
    Drain drain = new Drain(spool, new Unwritten(), sink);
    drain.turn();
    sink.taken.remove(lost);

    assertThat(new Redelivery(spool, sink).check()).isEqualTo(1);
    drain.turn();

    assertThat(sink.taken).containsExactly(start, kept, lost);
    assertThat(new Redelivery(spool, sink).check()).isZero();
  }

  @Test
  void an_end_that_finds_no_room_is_kept_in_memory_and_delivered_all_the_same() throws IOException {
    Spool spool = new Spool(directory);
    RunStarted start = Records.started(1);
    spool.add(start);
    Unwritten unwritten = new Unwritten();
    SpoolJournal journal = new SpoolJournal(spool, unwritten, new ProgressBoard(), () -> {});
    // Where the record is to go something is in the way, as a full disk would be.
    Files.delete(directory.resolve(start.uuid() + ".room"));
    Files.createDirectories(inTheWayOf("000000000002-" + start.uuid() + ".finished.json"));

    RunFinished end = Records.finished(start);
    assertThat(journal.finished(end)).isFalse();
    assertThat(new Drain(spool, unwritten, sink).turn()).isEmpty();

    assertThat(sink.taken).containsExactly(start, end);
    assertThat(unwritten.all()).isEmpty();
  }
}
