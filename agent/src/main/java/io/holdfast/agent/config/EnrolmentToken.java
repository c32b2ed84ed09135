package io.holdfast.agent.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;

/**
 * What an admin hands to a machine that is to join: where the control plane is, and a login whose
 * password is good once and for a while.
 *
 * @param databaseUrl without user and password, as the admin reaches the control plane
 * @param user the device's login
 * @param password that of the first login; the machine puts its own in its place
 */
public record EnrolmentToken(String databaseUrl, String user, Secret password, String deviceId) {

  /** The version of the format stands before it. */
  private static final String FORMAT = "hf1.";

  public EnrolmentToken {
    Objects.requireNonNull(databaseUrl, "databaseUrl");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(deviceId, "deviceId");
  }

  private record Content(String url, String user, String password, String device) {
    Content {
      Objects.requireNonNull(url, "url");
      Objects.requireNonNull(user, "user");
      Objects.requireNonNull(password, "password");
      Objects.requireNonNull(device, "device");
    }
  }

  /** One word without blanks, to be handed on; whoever has it can be the device. */
  public String text() {
    try {
      byte[] json =
          FileJson.JSON.writeValueAsBytes(
              new Content(databaseUrl, user, password.value(), deviceId));
      return FORMAT + Base64.getUrlEncoder().withoutPadding().encodeToString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("four texts can be written as JSON", e);
    }
  }

  /**
   * @return empty if this is no token, or was cut short when it was copied
   */
  public static Optional<EnrolmentToken> parse(String text) {
    if (!text.strip().startsWith(FORMAT)) {
      return Optional.empty();
    }
    try {
      byte[] json = Base64.getUrlDecoder().decode(text.strip().substring(FORMAT.length()));
      Content content = FileJson.read(json, Content.class);
      return Optional.of(
          new EnrolmentToken(
              content.url, content.user, new Secret(content.password), content.device));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
