package io.holdfast.agent.secret;

import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import java.security.GeneralSecurityException;
import java.util.Optional;

/**
 * Whom a file is encrypted for: the public half of a {@link RecoveryKey}, as age writes it ({@code
 * age1...}). No secret.
 */
public final class Recipient {

  private final String text;
  private final RecipientStanzaWriter writer;

  private Recipient(String text, RecipientStanzaWriter writer) {
    this.text = text;
    this.writer = writer;
  }

  /**
   * @return empty if this is no public key of age's own kind (X25519), or has a slip in it
   */
  public static Optional<Recipient> parse(String text) {
    try {
      return Optional.of(
          new Recipient(text, X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(text)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  RecipientStanzaWriter writer() {
    return writer;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Recipient recipient && recipient.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
