package io.holdfast.agent.secret;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The private half of a pair of keys: what was encrypted for its {@link Recipient} opens with it.
 * Its file is one of {@code age-keygen}'s, and {@code age} reads it too.
 */
public final class RecoveryKey {

  private static final String PREFIX = "AGE-SECRET-KEY-";

  private final RecipientStanzaReader reader;

  private RecoveryKey(RecipientStanzaReader reader) {
    this.reader = reader;
  }

  /**
   * A new pair.
   *
   * @param file what its file is to hold
   */
  public record Pair(Recipient recipient, Secret file) {}

  /** Makes a pair. */
  public static Pair make(Instant now) {
    try {
      KeyPair pair = new X25519KeyPairGenerator().generateKeyPair();
      Recipient recipient = Recipient.parse(text(pair.getPublic().getEncoded())).orElseThrow();
      return new Pair(
          recipient,
          new Secret(
              "# created: "
                  + now.truncatedTo(ChronoUnit.SECONDS)
                  + "\n# public key: "
                  + recipient
                  + "\n"
                  + text(pair.getPrivate().getEncoded())
                  + "\n"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has X25519", e);
    }
  }

  private static String text(byte[] encoded) {
    return new String(encoded, StandardCharsets.US_ASCII);
  }

  /** Whether somebody has put a private half where it does not belong, be it written wrongly. */
  public static boolean isIn(String text) {
    return text.toUpperCase(Locale.ROOT).contains(PREFIX);
  }

  /**
   * The keys of a file, one a line.
   *
   * @throws IOException if it cannot be read, or a line of it is no key; says which, and shows none
   */
  public static List<RecoveryKey> load(Path file) throws IOException {
    List<RecoveryKey> keys = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        keys.add(
            new RecoveryKey(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(line)));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        // Its message may hold a part of the line.
        throw new IOException("line " + (i + 1) + " is no private key of age");
      }
    }
    if (keys.isEmpty()) {
      throw new IOException("it holds no key");
    }
    return keys;
  }

  RecipientStanzaReader reader() {
    return reader;
  }
}
