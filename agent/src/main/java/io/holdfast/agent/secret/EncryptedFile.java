package io.holdfast.agent.secret;

import com.exceptionfactory.jagged.PayloadException;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.List;

/**
 * Files in the format of age (age-encryption.org/v1): anybody who knows a {@link Recipient} can
 * write one, and only who has its {@link RecoveryKey} can read it. A file that was cut off, or
 * changed in one bit, is told from a whole one.
 */
public final class EncryptedFile {

  private static final String FIRST_LINE = "age-encryption.org/v1\n";
  private static final int PART = 64 * 1024;

  private EncryptedFile() {}

  /** Why a file cannot be decrypted. */
  public enum Why {
    /** It is no such file. */
    NOT_ENCRYPTED,
    /** It was encrypted for others. */
    OTHER_KEYS,
    /** It is not as it was written, or not all of it is there. */
    DAMAGED
  }

  /** It cannot be decrypted. */
  public static final class CannotDecrypt extends Exception {
    private static final long serialVersionUID = 1L;
    private final Why why;

    private CannotDecrypt(Why why, Throwable cause) {
      super(why.toString(), cause);
      this.why = why;
    }

    private CannotDecrypt(Why why) {
      super(why.toString());
      this.why = why;
    }

    public Why why() {
      return why;
    }
  }

  /**
   * A channel that encrypts what is written to it. Only closing it makes the file whole; it closes
   * the other one then too.
   *
   * @param to what it writes to, beginning at once
   * @param recipients one at least; each can decrypt it alone
   */
  public static WritableByteChannel encrypting(WritableByteChannel to, List<Recipient> recipients)
      throws IOException {
    if (recipients.isEmpty()) {
      throw new IllegalArgumentException("nobody could decrypt it");
    }
    try {
      return new StandardEncryptingChannelFactory()
          .newEncryptingChannel(to, recipients.stream().map(Recipient::writer).toList());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has X25519 and ChaCha20-Poly1305", e);
    }
  }

  /**
   * Writes what the file holds, part by part: each is as it was written, and only when this returns
   * it is known that none is missing.
   *
   * @throws CannotDecrypt if it is not whole, no such file, or for others
   * @throws IOException if it cannot be read, or not be written to
   */
  public static void decrypt(Path file, List<RecoveryKey> keys, OutputStream to)
      throws IOException, CannotDecrypt {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      mustBeginAsOne(in);
      ReadableByteChannel plain = decrypting(in, keys);
      ByteBuffer part = ByteBuffer.allocate(PART);
      while (read(plain, part) >= 0) {
        to.write(part.array(), 0, part.position());
        part.clear();
      }
    }
  }

  private static ReadableByteChannel decrypting(FileChannel in, List<RecoveryKey> keys)
      throws IOException, CannotDecrypt {
    try {
      return new StandardDecryptingChannelFactory()
          .newDecryptingChannel(in, keys.stream().map(RecoveryKey::reader).toList());
    } catch (UnsupportedRecipientStanzaException e) {
      throw new CannotDecrypt(Why.OTHER_KEYS, e);
    } catch (GeneralSecurityException | PayloadException | RuntimeException e) {
      // A file that ends in its header is a BufferUnderflowException, for one.
      throw new CannotDecrypt(Why.DAMAGED, e);
    }
  }

  private static int read(ReadableByteChannel plain, ByteBuffer part)
      throws IOException, CannotDecrypt {
    try {
      return plain.read(part);
    } catch (PayloadException | RuntimeException e) {
      throw new CannotDecrypt(Why.DAMAGED, e);
    }
  }

  private static void mustBeginAsOne(FileChannel in) throws IOException, CannotDecrypt {
    ByteBuffer beginning = ByteBuffer.allocate(FIRST_LINE.length());
    while (beginning.hasRemaining()) {
      if (in.read(beginning) < 0) {
        break;
      }
    }
    String read =
        new String(beginning.array(), 0, beginning.position(), StandardCharsets.ISO_8859_1);
    if (!read.equals(FIRST_LINE)) {
      throw new CannotDecrypt(Why.NOT_ENCRYPTED);
    }
    in.position(0);
  }
}
