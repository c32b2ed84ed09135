package io.holdfast.agent.release;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;

/** Takes the program out of a release's file. */
final class Unpacking {

  private static final long LARGEST = 500L << 20;

  private Unpacking() {}

  /**
   * @param packed what was checked already
   * @throws IOException if it is no such file, or if it cannot be written
   */
  static void of(Release release, InputStream packed, OutputStream into) throws IOException {
    try (InputStream program =
        release.platform().isWindows()
            ? zipped(packed, release.program())
            : new BZip2CompressorInputStream(packed, true)) {
      byte[] buffer = new byte[1 << 16];
      long size = 0;
      for (int n = program.read(buffer); n >= 0; n = program.read(buffer)) {
        size += n;
        if (size > LARGEST) {
          throw new IOException("it is larger than any restic");
        }
        into.write(buffer, 0, n);
      }
    }
  }

  /** Only what has exactly the program's name counts, and no name becomes a path. */
  private static InputStream zipped(InputStream packed, String program) throws IOException {
    ZipInputStream zip = new ZipInputStream(packed);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      if (entry.getName().equals(program)) {
        return zip;
      }
    }
    throw new IOException("there is no " + program + " in it");
  }
}
