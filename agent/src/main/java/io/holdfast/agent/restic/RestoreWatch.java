package io.holdfast.agent.restic;

import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * How a restore is watched over.
 *
 * @param listener told how far it is; never before restic 0.16
 * @param items told in a dry run what would become of a path, such as {@code restored}
 * @param troubles told what restic has to try again
 * @param started told of each process at once
 */
public record RestoreWatch(
    ProgressListener listener,
    BiConsumer<String, String> items,
    Consumer<String> troubles,
    Cancellation cancellation,
    Consumer<ProcessIdentity> started) {

  public RestoreWatch {
    Objects.requireNonNull(listener, "listener");
    Objects.requireNonNull(items, "items");
    Objects.requireNonNull(troubles, "troubles");
    Objects.requireNonNull(cancellation, "cancellation");
    Objects.requireNonNull(started, "started");
  }

  /** Nobody needs to know the process. */
  public RestoreWatch(
      ProgressListener listener,
      BiConsumer<String, String> items,
      Consumer<String> troubles,
      Cancellation cancellation) {
    this(listener, items, troubles, cancellation, _ -> {});
  }
}
