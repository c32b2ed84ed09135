package io.holdfast.agent.restic;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/** Lets one at a time initialise a repository on this machine, in whatever process of ours. */
final class InitLock implements AutoCloseable {

  /** The system's lock belongs to the whole process: its threads need one of their own. */
  private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

  private final FileChannel file;

  private InitLock(FileChannel file) {
    this.file = file;
  }

  /** Waits until nobody else has it. */
  static InitLock take(Path path) throws IOException, InterruptedException {
    IN_THIS_PROCESS.lockInterruptibly();
    try {
      return new InitLock(locked(path));
    } catch (FileLockInterruptionException e) {
      IN_THIS_PROCESS.unlock();
      // It leaves the thread's flag set, and whoever catches ours expects it cleared.
      boolean ignored = Thread.interrupted();
      throw new InterruptedException();
    } catch (IOException e) {
      IN_THIS_PROCESS.unlock();
      throw e;
    }
  }

  private static FileChannel locked(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      var _ = file.lock();
      return file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** The file stays: to remove it would let two hold a lock of the same name. */
  @Override
  public void close() throws IOException {
    try {
      file.close();
    } finally {
      IN_THIS_PROCESS.unlock();
    }
  }
}
