package io.holdfast.embedded;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;

/** What went wrong with a file, for people: Java's own messages may be a bare path. */
final class Reasons {

  private Reasons() {}

  static String of(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "access to " + denied.getFile() + " is denied";
      case FileSystemException fault when fault.getReason() != null ->
          fault.getFile() + ": " + fault.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
