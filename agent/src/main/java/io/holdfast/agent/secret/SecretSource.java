package io.holdfast.agent.secret;

import java.util.Objects;
import java.util.stream.Stream;

/** Makes of a setting's value the secret that it stands for. */
public interface SecretSource {

  /** What came of it. */
  sealed interface Found {
    /** The secret itself. */
    record Plain(Secret secret) implements Found {
      public Plain {
        Objects.requireNonNull(secret, "secret");
      }
    }

    /**
     * It cannot be had here.
     *
     * @param why goes on with "setting ... "; holds no secret
     * @param remedy what to do about it
     */
    record Missing(String why, String remedy) implements Found {
      public Missing {
        Objects.requireNonNull(why, "why");
        Objects.requireNonNull(remedy, "remedy");
      }
    }
  }

  /**
   * @param settingKey whose value it is; an encrypted one is good for its own key only
   */
  Found find(String settingKey, String value);

  /** Whether the value only stands for a secret, which is then shown nowhere. */
  default boolean isReference(String value) {
    return Stream.of("file:", "env:", FleetKeys.PREFIX).anyMatch(value::startsWith);
  }

  /** Takes every value for the secret itself. */
  static SecretSource plain() {
    return (_, value) -> new Found.Plain(new Secret(value));
  }
}
