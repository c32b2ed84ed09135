package io.holdfast.agent.restic;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a running backup to end; may be asked from any thread, and more than once. The first reason
 * counts.
 */
public final class Cancellation {

  private final AtomicReference<Optional<String>> reason = new AtomicReference<>(Optional.empty());
  private final Supplier<Optional<String>> elsewhere;
  private final @Nullable Cancellation outer;
  private volatile boolean agentStops;

  public Cancellation() {
    elsewhere = Optional::empty;
    outer = null;
  }

  private Cancellation(Cancellation outer, Supplier<Optional<String>> further) {
    this.elsewhere = () -> outer.reason().or(further);
    this.outer = outer;
  }

  /**
   * The same, which also looks whether somebody asks in another way, such as from another process.
   *
   * @param further asked several times a second; why the backup is to end, if it is
   */
  public Cancellation or(Supplier<Optional<String>> further) {
    return new Cancellation(this, further);
  }

  /**
   * @param why goes on with "the run was cancelled", such as "on this machine"
   */
  public void cancel(String why) {
    var _ = reason.compareAndSet(Optional.empty(), Optional.of(why));
  }

  /** The agent itself is being stopped: nobody wants this backup not to be made. */
  public void agentStops() {
    agentStops = true;
    cancel("since the agent was stopped");
  }

  public boolean isForAgentsStop() {
    return agentStops || (outer != null && outer.isForAgentsStop());
  }

  public boolean isCancelled() {
    return reason().isPresent();
  }

  /** Why, if somebody has asked. */
  public Optional<String> reason() {
    Optional<String> known = reason.get();
    return known.isPresent() ? known : elsewhere.get();
  }
}
