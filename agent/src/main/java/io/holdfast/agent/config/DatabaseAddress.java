package io.holdfast.agent.config;

import io.holdfast.agent.secret.Secret;
import java.util.Objects;
import java.util.Optional;

/**
 * Where the control plane is, and who we are there.
 *
 * @param jdbcUrl without user and password
 * @param user empty for the driver's default, the name of the operating system's user
 * @param password empty if none is needed, as with certificates or trust
 * @param display hosts and database for people; holds no secret
 */
public record DatabaseAddress(
    String jdbcUrl, Optional<String> user, Optional<Secret> password, String display) {

  public DatabaseAddress {
    Objects.requireNonNull(jdbcUrl, "jdbcUrl");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(display, "display");
  }

  DatabaseAddress withUser(Optional<String> other) {
    return new DatabaseAddress(jdbcUrl, other.or(() -> user), password, display);
  }

  DatabaseAddress withPassword(Optional<Secret> other) {
    return new DatabaseAddress(jdbcUrl, user, other.or(() -> password), display);
  }
}
