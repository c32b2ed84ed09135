package io.holdfast.agent.restic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells apart where process numbers mean the same. */
public final class Kernel {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path NAMESPACE = Path.of("/proc/self/ns/pid");

  private Kernel() {}

  /**
   * This boot of this machine and, within it, the container; empty where that cannot be told, as on
   * Windows.
   */
  public static String here() {
    try {
      return Files.isReadable(BOOT_ID)
          ? Files.readString(BOOT_ID).strip() + " " + Files.readSymbolicLink(NAMESPACE)
          : "";
    } catch (IOException e) {
      return "";
    }
  }
}
