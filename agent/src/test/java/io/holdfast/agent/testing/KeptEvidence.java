package io.holdfast.agent.testing;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;

/**
 * Keeps of a failed test what tells why, in {@code target/failed-tests}: what the threads of this
 * JVM did when its time was over, and the logs of all programs that it started. Found by JUnit
 * itself.
 */
public final class KeptEvidence
    implements BeforeTestExecutionCallback, AfterTestExecutionCallback, PreInterruptCallback {

  private static final Path FAILED_TESTS = Path.of("target/failed-tests").toAbsolutePath();
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));
  private static final Namespace NAMESPACE = Namespace.create(KeptEvidence.class);

  @Override
  public void beforeTestExecution(ExtensionContext test) {
    test.getStore(NAMESPACE).put("started", Instant.now());
  }

  @Override
  public void beforeThreadInterrupt(PreInterruptContext thread, ExtensionContext test)
      throws IOException {
    dumpThreads(directory(test));
  }

  @Override
  public void afterTestExecution(ExtensionContext test) throws IOException {
    if (test.getExecutionException().isEmpty()) {
      return;
    }
    Instant started = test.getStore(NAMESPACE).get("started", Instant.class);
    keepLogs(started == null ? Instant.MIN : started, directory(test));
  }

  /** The class, the method, and what tells apart the tests of one method. */
  private static Path directory(ExtensionContext test) throws IOException {
    String name =
        test.getRequiredTestClass().getSimpleName()
            + "."
            + test.getRequiredTestMethod().getName()
            + "."
            + Integer.toHexString(test.getUniqueId().hashCode());
    return Files.createDirectories(FAILED_TESTS.resolve(name));
  }

  private static void dumpThreads(Path directory) throws IOException {
    Path file = directory.resolve("threads.txt");
    Files.deleteIfExists(file);
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
  }

  /** All that were written to since then. Names of directories become part of their names. */
  private static void keepLogs(Instant since, Path directory) throws IOException {
    Files.walkFileTree(
        TEMPORARY,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (file.toString().endsWith(".log")
                && attributes.lastModifiedTime().toInstant().isAfter(since)) {
              String name = TEMPORARY.relativize(file).toString().replace('/', '-');
              Files.copy(file, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            // A program that still runs has removed it, or nobody may read it.
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
