package io.holdfast.agent.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/**
 * A repository as {@code restic init} makes it (format 2, restic 0.14 and newer), but for the cost
 * of its key: restic sets it so that every process needs half a second of a processor to open the
 * repository, which guards a user's password, and would be most of the time that the tests take.
 */
public final class EmptyRepository {

  /** What scrypt is asked for: the least that it can do. */
  private static final int COST = 2;

  private static final int BLOCK_SIZE = 8;
  private static final int PARALLEL = 1;

  /**
   * Any irreducible polynomial of degree 53 will do. All have this one, so that copies share data.
   */
  private static final String CHUNKER_POLYNOMIAL = "3da3358b4dc173";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  private EmptyRepository() {}

  /** Makes one there, with an id and a master key of its own. */
  public static void make(Path place, String password) throws IOException {
    for (String directory : List.of("data", "index", "keys", "locks", "snapshots")) {
      Files.createDirectories(place.resolve(directory));
    }
    for (int i = 0; i < 256; i++) {
      Files.createDirectory(place.resolve("data").resolve(HexFormat.of().toHexDigits((byte) i)));
    }
    Key master = new Key(random(Key.LENGTH));
    byte[] key = keyFile(master, password);
    Files.write(place.resolve("keys").resolve(sha256(key)), key);
    byte[] config =
        JSON.writeValueAsBytes(
            Map.of(
                "version",
                2,
                "id",
                HexFormat.of().formatHex(random(32)),
                "chunker_polynomial",
                CHUNKER_POLYNOMIAL));
    Files.write(place.resolve("config"), master.seal(config));
  }

  /** Adds a key to a repository that no password of the test's opens. */
  public static void addKeyOfSomebodyElse(Path place) throws IOException {
    byte[] key = keyFile(new Key(random(Key.LENGTH)), base64(random(32)));
    Files.write(place.resolve("keys").resolve(sha256(key)), key);
  }

  /** The master key, sealed with one that the password and the salt give. */
  private static byte[] keyFile(Key master, String password) throws IOException {
    byte[] salt = random(64);
    Key user =
        new Key(
            SCrypt.generate(
                password.getBytes(StandardCharsets.UTF_8),
                salt,
                COST,
                BLOCK_SIZE,
                PARALLEL,
                Key.LENGTH));
    return JSON.writeValueAsBytes(
        Map.of(
            "created",
            "2026-11-20T00:00:00Z",
            "username",
            "root",
            "hostname",
            "tests",
            "kdf",
            "scrypt",
            "N",
            COST,
            "r",
            BLOCK_SIZE,
            "p",
            PARALLEL,
            "salt",
            base64(salt),
            "data",
            base64(user.seal(JSON.writeValueAsBytes(master.asJson())))));
  }

  /** One of AES-256 in counter mode, and the two of Poly1305 with AES-128, one after the other. */
  private static final class Key {
    static final int LENGTH = 64;

    private final byte[] bytes;

    Key(byte[] bytes) {
      this.bytes = bytes;
    }

    private byte[] encryption() {
      return Arrays.copyOfRange(bytes, 0, 32);
    }

    private byte[] nonceKey() {
      return Arrays.copyOfRange(bytes, 32, 48);
    }

    private byte[] factor() {
      return Arrays.copyOfRange(bytes, 48, 64);
    }

    Map<String, Object> asJson() {
      return Map.of(
          "encrypt",
          base64(encryption()),
          "mac",
          Map.of("k", base64(nonceKey()), "r", base64(factor())));
    }

    /** The nonce, what was encrypted, and the authentication code of that. */
    byte[] seal(byte[] plain) throws IOException {
      byte[] nonce = random(16);
      byte[] sealed = encrypted(nonce, plain);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(nonce);
      all.write(sealed);
      all.write(code(nonce, sealed));
      return all.toByteArray();
    }

    private byte[] encrypted(byte[] nonce, byte[] plain) {
      try {
        Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
        cipher.init(
            Cipher.ENCRYPT_MODE,
            new SecretKeySpec(encryption(), "AES"),
            new IvParameterSpec(nonce));
        return cipher.doFinal(plain);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java has AES", e);
      }
    }

    private byte[] code(byte[] nonce, byte[] sealed) {
      byte[] both = Arrays.copyOf(factor(), 32);
      System.arraycopy(nonceKey(), 0, both, 16, 16);
      Poly1305 mac = new Poly1305(AESEngine.newInstance());
      mac.init(new ParametersWithIV(new KeyParameter(both), nonce));
      mac.update(sealed, 0, sealed.length);
      byte[] code = new byte[mac.getMacSize()];
      mac.doFinal(code, 0);
      return code;
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
