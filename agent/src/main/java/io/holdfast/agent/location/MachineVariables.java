package io.holdfast.agent.location;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Variables of storage back-ends that name what is on the machine, or files by which a program is
 * started: no row says them, but the machine itself, in a {@code repository_environment} that is a
 * reference.
 */
public final class MachineVariables {

  public static final Set<String> NAMES =
      Set.of("AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "GOOGLE_APPLICATION_CREDENTIALS");

  private MachineVariables() {}

  /** The first of these that is one. */
  public static Optional<String> in(Collection<String> names) {
    return names.stream().filter(NAMES::contains).sorted().findFirst();
  }
}
