package io.holdfast.agent.dump;

import io.holdfast.agent.secret.EncryptedFile;
import io.holdfast.agent.secret.Recipient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dump on its way to the disk: encrypted in memory, so that nothing that could be read is ever
 * there, and looked at in passing whether it is one of a control plane.
 */
final class DumpFile implements DumpProcess.Sink, AutoCloseable {

  /** The dump begins with the list of what it holds. */
  private static final long LIST_WITHIN = 16 * 1024 * 1024;

  private static final String PROOF = "control_plane_version";

  private final FileChannel file;
  private final List<Recipient> recipients;
  private @Nullable WritableByteChannel encrypted;
  private long looked;
  private String end = "";
  private volatile boolean ofControlPlane;
  private volatile boolean whole;

  /**
   * @param place an empty file that nobody but us can read
   */
  DumpFile(Path place, List<Recipient> recipients) throws IOException {
    file = FileChannel.open(place, StandardOpenOption.WRITE);
    this.recipients = recipients;
  }

  @Override
  public void take(ByteBuffer part) throws IOException {
    look(part);
    write(part);
  }

  private void write(ByteBuffer part) throws IOException {
    WritableByteChannel to = encrypted;
    if (to == null) {
      to = EncryptedFile.encrypting(file, recipients);
      encrypted = to;
    }
    while (part.hasRemaining()) {
      var _ = to.write(part);
    }
  }

  private void look(ByteBuffer part) {
    if (ofControlPlane || looked > LIST_WITHIN) {
      return;
    }
    looked += part.remaining();
    // The word may lie across two parts.
    String seen = end + StandardCharsets.ISO_8859_1.decode(part.duplicate());
    ofControlPlane = seen.contains(PROOF);
    end = seen.substring(Math.max(0, seen.length() - PROOF.length()));
  }

  /**
   * Whether it is one of a control plane: a slip in the URL would otherwise back up some other
   * database, and all would look well.
   */
  boolean isOfControlPlane() {
    return ofControlPlane;
  }

  /** Without this the file has no end, and whoever decrypts it is told so. */
  @Override
  public void complete() throws IOException {
    WritableByteChannel to = encrypted;
    if (to != null) {
      to.close();
      whole = true;
    }
  }

  /** Whether all of it is there. */
  boolean isWhole() {
    return whole;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
