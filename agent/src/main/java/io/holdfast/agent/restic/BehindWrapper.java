package io.holdfast.agent.restic;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds restic among the processes that were started for it. A script that runs restic without
 * {@code exec} stays in between, and a signal to it ends the script and leaves restic running, or
 * waits until restic has ended by itself.
 */
final class BehindWrapper {

  private static final String NAME = "restic";

  private final List<String> arguments;

  /**
   * @param arguments some that restic is started with, and none of its own children
   */
  BehindWrapper(List<String> arguments) {
    this.arguments = List.copyOf(arguments);
  }

  /**
   * The processes that are restic itself: among those that bear its name or its arguments, the ones
   * furthest from us. The first process alone if there is none such.
   */
  List<ProcessHandle> restics(ProcessHandle first) {
    List<ProcessHandle> alike =
        Stream.concat(Stream.of(first), first.descendants()).filter(this::isAlike).toList();
    Set<Long> above = alike.stream().flatMap(BehindWrapper::above).collect(Collectors.toSet());
    List<ProcessHandle> last =
        alike.stream().filter(process -> !above.contains(process.pid())).toList();
    return last.isEmpty() ? List.of(first) : last;
  }

  private boolean isAlike(ProcessHandle process) {
    return bearsTheName(process)
        || (!arguments.isEmpty()
            && process
                .info()
                .arguments()
                .filter(its -> List.of(its).containsAll(arguments))
                .isPresent());
  }

  /** Whether this is a program called restic, and no script of that name. */
  static boolean bearsTheName(ProcessHandle process) {
    return process
        .info()
        .command()
        .flatMap(command -> Optional.ofNullable(Path.of(command).getFileName()))
        .filter(name -> name.toString().contains(NAME))
        .isPresent();
  }

  private static Stream<Long> above(ProcessHandle process) {
    Set<Long> above = new HashSet<>();
    for (Optional<ProcessHandle> parent = process.parent();
        parent.isPresent() && above.add(parent.get().pid());
        parent = parent.get().parent()) {}
    return above.stream();
  }
}
