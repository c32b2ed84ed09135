package io.holdfast.agent.secret;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys by which a fleet encrypts settings that its database must not be able to read. The first
 * line of their file encrypts, all of them decrypt, so that a key can be replaced at leisure.
 *
 * <p>An encrypted value is {@code enc:v1:KEY-ID:DATA}: AES-256-GCM, DATA in base64url without
 * padding the nonce of 12 bytes, the ciphertext and the tag of 16 bytes; {@code holdfast v1 } and
 * the setting's key are authenticated with it, so that a value cannot be moved to another setting.
 */
public final class FleetKeys {

  static final String PREFIX = "enc:";

  private static final Pattern ENCRYPTED =
      Pattern.compile("enc:v1:(?<id>[a-z0-9]{8}):(?<data>[A-Za-z0-9_-]+)");
  private static final Pattern LINE =
      Pattern.compile("(?<id>[a-z0-9]{8}) (?<key>[A-Za-z0-9+/]{43}=)");

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private record Key(String id, SecretKeySpec key) {}

  private final List<Key> keys;

  private FleetKeys(List<Key> keys) {
    this.keys = List.copyOf(keys);
  }

  /**
   * @throws java.nio.file.NoSuchFileException if there is no such file
   * @throws IOException if it cannot be read, or a line of it is no key; says which
   */
  public static FleetKeys load(Path file) throws IOException {
    List<Key> keys = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new IOException("line " + (i + 1) + " is no key");
      }
      byte[] key = Base64.getDecoder().decode(matcher.group("key"));
      keys.add(new Key(matcher.group("id"), new SecretKeySpec(key, "AES")));
    }
    if (keys.isEmpty()) {
      throw new IOException("it holds no key");
    }
    return new FleetKeys(keys);
  }

  /** A line for the file: a new key, and the id by which values name it. */
  public static Secret newLine() {
    byte[] key = new byte[KEY_BYTES];
    RANDOM.nextBytes(key);
    String id = String.format(Locale.ROOT, "%08x", RANDOM.nextInt());
    return new Secret(id + " " + Base64.getEncoder().encodeToString(key));
  }

  /** The value to be written into the table settings for this key. */
  public String encrypt(String settingKey, Secret secret) {
    Key first = keys.getFirst();
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    try {
      byte[] sealed =
          cipher(Cipher.ENCRYPT_MODE, first, nonce, settingKey)
              .doFinal(secret.value().getBytes(StandardCharsets.UTF_8));
      byte[] data = Arrays.copyOf(nonce, nonce.length + sealed.length);
      System.arraycopy(sealed, 0, data, nonce.length, sealed.length);
      return PREFIX
          + "v1:"
          + first.id()
          + ":"
          + Base64.getUrlEncoder().withoutPadding().encodeToString(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has AES-GCM", e);
    }
  }

  /**
   * @return empty if none of the keys fits, if the value was made for another setting, or if it was
   *     changed
   */
  public Optional<Secret> decrypt(String settingKey, String value) {
    Matcher matcher = ENCRYPTED.matcher(value);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    byte[] data;
    try {
      data = Base64.getUrlDecoder().decode(matcher.group("data"));
    } catch (IllegalArgumentException e) {
      // It was cut short when it was copied.
      return Optional.empty();
    }
    if (data.length <= NONCE_BYTES) {
      return Optional.empty();
    }
    byte[] nonce = Arrays.copyOf(data, NONCE_BYTES);
    for (Key key : keys) {
      if (key.id().equals(matcher.group("id"))) {
        try {
          byte[] plain =
              cipher(Cipher.DECRYPT_MODE, key, nonce, settingKey)
                  .doFinal(data, NONCE_BYTES, data.length - NONCE_BYTES);
          return Optional.of(new Secret(new String(plain, StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
          // Another key with the same id, another setting, or a changed value.
        }
      }
    }
    return Optional.empty();
  }

  private static Cipher cipher(int mode, Key key, byte[] nonce, String settingKey)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.key(), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(("holdfast v1 " + settingKey).getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
