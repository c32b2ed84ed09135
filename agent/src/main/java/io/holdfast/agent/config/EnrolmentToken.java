package io.holdfast.agent.config;

import com.fasterxml.jackson.annotation.JsonInclude;
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
 * @param certificates by which the server proves itself, as PEM; empty if the machine's own
 *     authorities do, or a file that the URL names
 */
public record EnrolmentToken(
    String databaseUrl,
    String user,
    Secret password,
    String deviceId,
    Optional<String> certificates) {

  /** The version of the format stands before it. */
  private static final String FORMAT = "hf1.";

  /** A terminal cuts a line that is pasted into it at 4096 characters. */
  private static final int LONGEST = 4_000;

  public EnrolmentToken {
    Objects.requireNonNull(databaseUrl, "databaseUrl");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(deviceId, "deviceId");
    Objects.requireNonNull(certificates, "certificates");
  }

  public EnrolmentToken(String databaseUrl, String user, Secret password, String deviceId) {
    this(databaseUrl, user, password, deviceId, Optional.empty());
  }

  /**
   * For a login on the control plane that the admin reaches at this address. The certificates of
   * its authority go along, unless they are too many for a line that can be pasted.
   */
  public static EnrolmentToken of(
      DatabaseAddress address, String user, Secret password, String deviceId) {
    EnrolmentToken whole =
        new EnrolmentToken(
            address.urlForOthers(true),
            user,
            password,
            deviceId,
            address.authoritiesCertificates());
    return whole.certificates.isPresent() && whole.text().length() <= LONGEST
        ? whole
        : new EnrolmentToken(address.urlForOthers(false), user, password, deviceId);
  }

  private record Content(
      String url,
      String user,
      String password,
      String device,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> root) {
    Content {
      Objects.requireNonNull(url, "url");
      Objects.requireNonNull(user, "user");
      Objects.requireNonNull(password, "password");
      Objects.requireNonNull(device, "device");
      root = Objects.requireNonNullElse(root, Optional.empty());
    }
  }

  /**
   * The control plane as the machine reaches it by this token alone.
   *
   * @throws InvalidDatabaseUrl if its URL is none
   */
  public DatabaseAddress address() throws InvalidDatabaseUrl {
    return DatabaseUrl.parse(databaseUrl).as(user, password);
  }

  /** One word without blanks, to be handed on; whoever has it can be the device. */
  public String text() {
    try {
      byte[] json =
          FileJson.JSON.writeValueAsBytes(
              new Content(databaseUrl, user, password.value(), deviceId, certificates));
      return FORMAT + Base64.getUrlEncoder().withoutPadding().encodeToString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts can be written as JSON", e);
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
              content.url,
              content.user,
              new Secret(content.password),
              content.device,
              content.root));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
