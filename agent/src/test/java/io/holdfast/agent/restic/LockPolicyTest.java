package io.holdfast.agent.restic;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.restic.LockPolicy.Advice;
import io.holdfast.agent.restic.LockPolicy.Holder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@code restic unlock} would do is in the comment of {@link LockPolicy}. */
class LockPolicyTest {

  private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");
  private static final Duration YOUNG = Duration.ofMinutes(2);
  private static final Duration STALE = Duration.ofMinutes(31);
  private static final long OURS = 100;
  private static final long LIVING_RESTIC = 200;
  private static final long INNOCENT = 300;
  private static final long GONE = 400;
  private static final Map<Long, Holder> HOLDERS =
      Map.of(LIVING_RESTIC, Holder.RESTIC, INNOCENT, Holder.SOMETHING_ELSE);

  private static LockPolicy policy(long uid) {
    return new LockPolicy("us", uid, pid -> HOLDERS.getOrDefault(pid, Holder.GONE));
  }

  private final LockPolicy policy = policy(0);

  private static RepositoryLock lock(String id, String host, long pid, Duration age) {
    return new RepositoryLock(id, NOON.minus(age), false, host, pid, 0);
  }

  private Advice advice(RepositoryLock... locks) {
    return policy.advice(List.of(locks), Set.of(OURS), Optional.empty(), NOON);
  }

  private static final RepositoryLock LEFT_BY_US = lock("left", "us", OURS, YOUNG);

  @Test
  void a_repository_without_a_lock_of_ours_is_left_alone() {
    assertThat(advice()).isEqualTo(Advice.CLEAN);
    assertThat(advice(lock("a", "them", OURS, YOUNG))).isEqualTo(Advice.CLEAN);
    assertThat(advice(lock("a", "us", GONE, STALE))).isEqualTo(Advice.CLEAN);
  }

  @Test
  void a_lock_that_our_killed_restic_left_is_removed() {
    assertThat(advice(LEFT_BY_US)).isEqualTo(Advice.UNLOCK);
    assertThat(advice(lock("old", "us", OURS, STALE))).isEqualTo(Advice.UNLOCK);
  }

  @Test
  void a_living_lock_of_another_machine_does_no_harm_and_takes_none() {
    assertThat(advice(LEFT_BY_US, lock("b", "them", 7, YOUNG))).isEqualTo(Advice.UNLOCK);
  }

  @Test
  void a_living_restic_of_this_machine_is_spared() {
    assertThat(advice(LEFT_BY_US, lock("b", "us", LIVING_RESTIC, YOUNG))).isEqualTo(Advice.UNLOCK);
  }

  @Test
  void without_the_right_to_signal_it_a_living_restic_would_count_as_dead() {
    RepositoryLock ours = new RepositoryLock("a", NOON.minus(YOUNG), false, "us", OURS, 1000);
    assertThat(
            policy(1000)
                .advice(
                    List.of(ours, lock("b", "us", LIVING_RESTIC, YOUNG)),
                    Set.of(OURS),
                    Optional.empty(),
                    NOON))
        .isEqualTo(Advice.WAIT);
  }

  @Test
  void an_innocent_process_that_has_the_number_now_is_not_hit() {
    assertThat(advice(LEFT_BY_US, lock("b", "us", INNOCENT, YOUNG))).isEqualTo(Advice.WAIT);
  }

  @Test
  void the_lock_of_a_machine_whose_clock_is_behind_counts_as_dead_only_when_it_stays_the_same() {
    RepositoryLock behind = lock("b", "them", 7, STALE);
    assertThat(advice(LEFT_BY_US, behind)).isEqualTo(Advice.WAIT);
    Instant soon = NOON.plus(Duration.ofMinutes(6));
    RepositoryLock refreshed = lock("c", "them", 7, STALE.minusMinutes(5));
    assertThat(policy.advice(List.of(LEFT_BY_US, refreshed), Set.of(OURS), Optional.empty(), soon))
        .as("it is alive, and by our clock it is old again soon")
        .isNotEqualTo(Advice.CLEAN);
    Instant later = NOON.plus(Duration.ofMinutes(11));
    assertThat(policy.advice(List.of(LEFT_BY_US, behind), Set.of(OURS), Optional.empty(), later))
        .as("seen anew after the refreshed one")
        .isEqualTo(Advice.WAIT);
    assertThat(
            policy.advice(
                List.of(LEFT_BY_US, behind),
                Set.of(OURS),
                Optional.empty(),
                later.plus(Duration.ofMinutes(11))))
        .isEqualTo(Advice.UNLOCK);
  }

  @Test
  void the_lock_of_a_process_of_ours_that_we_know_nothing_of_is_given_time() {
    RepositoryLock unknown = lock("b", "us", GONE, YOUNG);
    assertThat(advice(LEFT_BY_US, unknown)).isEqualTo(Advice.WAIT);
    assertThat(
            policy.advice(
                List.of(LEFT_BY_US, unknown),
                Set.of(OURS),
                Optional.empty(),
                NOON.plus(Duration.ofMinutes(11))))
        .isEqualTo(Advice.UNLOCK);
  }

  /** Its agent died after it had started restic and before it had written down the number. */
  @Test
  void
      the_lock_of_a_killed_restic_whose_number_nobody_knows_is_removed_once_it_has_stayed_the_same() {
    Optional<Instant> since = Optional.of(NOON.minus(YOUNG).minusSeconds(1));
    Instant later = NOON.plus(Duration.ofMinutes(11));
    List<RepositoryLock> left = List.of(lock("a", "us", GONE, YOUNG));
    assertThat(policy.advice(left, Set.of(), since, NOON)).isEqualTo(Advice.WAIT);
    assertThat(policy.advice(left, Set.of(), since, later)).isEqualTo(Advice.UNLOCK);
    for (RepositoryLock other :
        List.of(
            lock("older than the run", "us", GONE, YOUNG.plusMinutes(1)),
            lock("of another machine", "them", GONE, YOUNG),
            lock("of one that lives", "us", LIVING_RESTIC, YOUNG),
            new RepositoryLock("of another user", NOON.minus(YOUNG), false, "us", GONE, 1000))) {
      assertThat(policy.advice(List.of(other), Set.of(), since, NOON))
          .as(other.id())
          .isEqualTo(Advice.CLEAN);
    }
  }

  private Advice adviceToHousekeeper(Instant now, RepositoryLock... locks) {
    return policy.adviceToHousekeeper(List.of(locks), Set.of(OURS), now);
  }

  /** Looks twice, so long apart that a living lock would have been refreshed in between. */
  private Advice adviceToPatientHousekeeper(RepositoryLock... locks) {
    assertThat(adviceToHousekeeper(NOON, locks)).isEqualTo(Advice.WAIT);
    return adviceToHousekeeper(NOON.plus(Duration.ofMinutes(11)), locks);
  }

  @Test
  void a_housekeeper_needs_no_unlocking_where_there_is_no_lock() {
    assertThat(adviceToHousekeeper(NOON)).isEqualTo(Advice.CLEAN);
  }

  @Test
  void a_housekeeper_removes_what_our_killed_restic_left() {
    assertThat(adviceToHousekeeper(NOON, LEFT_BY_US)).isEqualTo(Advice.UNLOCK);
    assertThat(adviceToHousekeeper(NOON, LEFT_BY_US, lock("b", "them", 7, YOUNG)))
        .isEqualTo(Advice.UNLOCK);
    assertThat(adviceToHousekeeper(NOON, LEFT_BY_US, lock("b", "us", INNOCENT, YOUNG)))
        .isEqualTo(Advice.WAIT);
  }

  @Test
  void a_housekeeper_removes_the_stale_lock_of_another_machine_once_it_has_stayed_the_same() {
    assertThat(adviceToPatientHousekeeper(lock("b", "them", 7, STALE))).isEqualTo(Advice.UNLOCK);
  }

  @Test
  void a_housekeeper_waits_for_a_lock_that_unlocking_would_leave() {
    // The process numbers of another machine say nothing, and after 11 minutes it is not stale yet.
    assertThat(adviceToPatientHousekeeper(lock("b", "them", GONE, YOUNG))).isEqualTo(Advice.WAIT);
    assertThat(adviceToPatientHousekeeper(lock("c", "us", LIVING_RESTIC, YOUNG)))
        .isEqualTo(Advice.WAIT);
  }

  @Test
  void a_housekeeper_removes_the_lock_of_a_process_of_this_machine_that_has_long_ended() {
    assertThat(adviceToPatientHousekeeper(lock("b", "us", GONE, YOUNG))).isEqualTo(Advice.UNLOCK);
  }

  @Test
  void a_housekeeper_waits_where_unlocking_would_help_and_harm() {
    assertThat(
            adviceToPatientHousekeeper(
                lock("b", "them", 7, STALE), lock("c", "us", INNOCENT, YOUNG)))
        .isEqualTo(Advice.WAIT);
  }

  @Test
  void a_lock_is_stale_after_thirty_minutes_and_the_same_after_ten() {
    RepositoryLock lock = lock("b", "them", 7, Duration.ofMinutes(30));
    assertThat(adviceToHousekeeper(NOON, lock)).as("left alone").isEqualTo(Advice.WAIT);
    Instant then = NOON.plus(Duration.ofMinutes(10));
    assertThat(adviceToHousekeeper(then, lock)).isEqualTo(Advice.WAIT);
    assertThat(adviceToHousekeeper(then.plusMillis(1), lock)).isEqualTo(Advice.UNLOCK);
    RepositoryLock young = lock("c", "them", 7, Duration.ofMinutes(30));
    assertThat(advice(LEFT_BY_US, young)).as("not stale yet: spared").isEqualTo(Advice.UNLOCK);
  }

  @Test
  void only_locks_of_this_machine_of_this_user_and_of_processes_known_to_be_dead_are_ours() {
    assertThat(advice(lock("a", "us", GONE, YOUNG))).isEqualTo(Advice.CLEAN);
    RepositoryLock ofAnotherUser =
        new RepositoryLock("a", NOON.minus(YOUNG), false, "us", OURS, 1000);
    assertThat(advice(ofAnotherUser)).isEqualTo(Advice.CLEAN);
  }

  @Test
  void root_and_the_owner_of_a_living_restic_spare_it() {
    RepositoryLock ours = new RepositoryLock("a", NOON.minus(YOUNG), false, "us", OURS, 1000);
    RepositoryLock living =
        new RepositoryLock("b", NOON.minus(YOUNG), false, "us", LIVING_RESTIC, 1000);
    assertThat(policy(1000).advice(List.of(ours, living), Set.of(OURS), Optional.empty(), NOON))
        .isEqualTo(Advice.UNLOCK);
    assertThat(advice(LEFT_BY_US, living)).as("root").isEqualTo(Advice.UNLOCK);
  }
}
