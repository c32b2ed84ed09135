package io.holdfast.agent.state;

import io.holdfast.agent.files.DurableFile;
import io.holdfast.agent.files.FileJson;
import io.holdfast.agent.restic.ProcessIdentity;
import io.holdfast.agent.run.OpenRun;
import io.holdfast.agent.run.OpenRuns;
import io.holdfast.agent.run.RunId;
import io.holdfast.agent.run.RunRecord.RunFinished;
import io.holdfast.agent.run.RunRecord.RunStarted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs that go on, one file each; its time is when the run was last seen to go on. A file
 * beside it asks the run to end. Several processes of the agent share the directory.
 */
public final class OpenRunFiles implements OpenRuns {

  private static final Logger log = LoggerFactory.getLogger(OpenRunFiles.class);

  private static final String SUFFIX = ".json";
  private static final String END = ".end";
  private static final Duration SIGN_EVERY = Duration.ofSeconds(20);

  private final Path directory;
  private final InstantSource clock;

  /** What a file holds; the rest of an open run is the file's time. */
  private record Content(
      RunStarted start,
      Optional<ProcessIdentity> restic,
      Optional<RunFinished> told,
      boolean itemErrors,
      OpenRun.Stage stage,
      Optional<ProcessIdentity> dump) {

    Content with(Optional<RunFinished> nowTold, OpenRun.Stage now) {
      return new Content(start, restic, nowTold, itemErrors, now, dump);
    }
  }

  /**
   * @throws UncheckedIOException if the directory cannot be made
   */
  public OpenRunFiles(Path directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be made", e);
    }
  }

  @Override
  public void open(RunStarted started) {
    try {
      write(
          new Content(
              started,
              Optional.empty(),
              Optional.empty(),
              false,
              OpenRun.Stage.RUNNING,
              Optional.empty()));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "run " + started.id() + " could not be written down in " + directory, e);
    }
  }

  @Override
  public void restic(RunId run, ProcessIdentity process) {
    change(
        run,
        was ->
            new Content(
                was.start, Optional.of(process), was.told, was.itemErrors, was.stage, was.dump));
  }

  @Override
  public void dump(RunId run, ProcessIdentity process) {
    change(
        run,
        was ->
            new Content(
                was.start, was.restic, was.told, was.itemErrors, was.stage, Optional.of(process)));
  }

  @Override
  public void alive(RunId run, boolean itemErrors) {
    try {
      Path file = file(run);
      Instant now = clock.instant();
      FileTime last = Files.getLastModifiedTime(file);
      if (itemErrors && !read(file).itemErrors) {
        change(run, was -> new Content(was.start, was.restic, was.told, true, was.stage, was.dump));
      } else if (Duration.between(last.toInstant(), now).abs().compareTo(SIGN_EVERY) > 0) {
        Files.setLastModifiedTime(file, FileTime.from(now));
      }
    } catch (IOException e) {
      log.debug("run {} could not leave a sign of life: {}", run, e.toString());
    }
  }

  @Override
  public void provisional(RunFinished told) {
    change(told.start().id(), was -> was.with(Optional.of(told), OpenRun.Stage.PROVISIONAL));
  }

  @Override
  public void aftermath(RunId run) {
    change(run, was -> was.with(Optional.empty(), OpenRun.Stage.AFTERMATH));
  }

  @Override
  public void close(RunId run) {
    try {
      DurableFile.remove(file(run));
      DurableFile.remove(endFile(run));
    } catch (IOException e) {
      throw new UncheckedIOException("the file " + file(run) + " cannot be removed", e);
    }
  }

  @Override
  public List<OpenRun> all() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .sorted()
          .flatMap(file -> openRun(file).stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be read", e);
    }
  }

  private static Optional<OpenRun> openRun(Path file) {
    try {
      Content content = read(file);
      return Optional.of(
          new OpenRun(
              content.start,
              content.restic,
              content.told,
              content.itemErrors,
              content.stage,
              Files.getLastModifiedTime(file).toInstant(),
              content.dump));
    } catch (NoSuchFileException e) {
      // Closed between the listing and the reading.
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      setAside(file, e);
      return Optional.empty();
    }
  }

  /** Its row is closed when the job runs again. */
  private static void setAside(Path file, Exception why) {
    log.error("{} is damaged, so its run is not closed from here: {}", file, why.toString());
    try {
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".damaged"),
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.error("{} cannot be set aside: {}", file, e.toString());
    }
  }

  @Override
  public void askToEnd(RunId run, String why) {
    try {
      DurableFile.write(endFile(run), why.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("run " + run + " could not be asked to end", e);
    }
  }

  @Override
  public Optional<String> askedToEnd(RunId run) {
    Path end = endFile(run);
    if (!Files.exists(end)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(end));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void change(RunId run, UnaryOperator<Content> change) {
    try {
      write(change.apply(read(file(run))));
    } catch (IOException e) {
      log.warn("what became of run {} could not be written down: {}", run, e.toString());
    }
  }

  private static Content read(Path file) throws IOException {
    Content content = FileJson.read(Files.readAllBytes(file), Content.class);
    if (content.start == null) {
      throw new IOException("it holds no run");
    }
    return content;
  }

  private void write(Content content) throws IOException {
    Path file = file(content.start.id());
    DurableFile.write(file, FileJson.JSON.writeValueAsBytes(content));
    Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
  }

  private Path file(RunId run) {
    return directory.resolve(run + SUFFIX);
  }

  private Path endFile(RunId run) {
    return directory.resolve(run + END);
  }
}
