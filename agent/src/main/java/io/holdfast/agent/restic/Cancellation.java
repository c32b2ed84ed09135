package io.holdfast.agent.restic;

/** Asks a running backup to end; may be asked from any thread, and more than once. */
public final class Cancellation {

  private volatile boolean cancelled;

  public void cancel() {
    cancelled = true;
  }

  public boolean isCancelled() {
    return cancelled;
  }
}
