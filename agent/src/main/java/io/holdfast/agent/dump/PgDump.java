package io.holdfast.agent.dump;

import io.holdfast.agent.config.ControlPlaneDumpSection;
import io.holdfast.agent.config.LibpqEnvironment;
import io.holdfast.agent.files.OwnersOnly;
import io.holdfast.agent.restic.BackupWatch;
import io.holdfast.agent.run.ControlPlaneDump;
import io.holdfast.agent.secret.Redaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane's dump by {@code pg_dump}, in its custom format, and encrypted: it holds the
 * secrets of the whole fleet, and goes where every device can read. Compressed, since restic finds
 * nothing in an encrypted file that it could store only once.
 */
public final class PgDump implements ControlPlaneDump {

  private static final Logger log = LoggerFactory.getLogger(PgDump.class);

  private static final String FILE = "control-plane.dump.age";

  /** What a program needs of our environment to work at all; the last is for Windows. */
  private static final List<String> INHERITED = List.of("PATH", "HOME", "TMPDIR", "SystemRoot");

  private final Optional<ControlPlaneDumpSection> section;
  private final Path directory;
  private final Map<String, String> environment;

  /**
   * @param section empty if this machine does not dump the control plane
   * @param directory where dumps lie while they are backed up; made when it is needed
   * @param environment our own
   */
  public PgDump(
      Optional<ControlPlaneDumpSection> section, Path directory, Map<String, String> environment) {
    this.section = section;
    this.directory = directory;
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Optional<Result.Failed> obstacle() {
    if (section.isEmpty()) {
      return Optional.of(
          new Result.Failed(
              "control-plane-dump-missing",
              "the configuration file of this machine has no section control_plane_dump",
              "Add it, and restart the daemon; docs/configuration.md describes it."));
    }
    if (section.get().recipients().isEmpty()) {
      return Optional.of(Failures.noRecipients());
    }
    return program(section.get()).isPresent()
        ? Optional.empty()
        : Optional.of(Failures.noProgram(section.get().pgDump()));
  }

  @Override
  public Path place(UUID job) {
    return folder(job).resolve(FILE).toAbsolutePath();
  }

  private Path folder(UUID job) {
    return directory.resolve(job.toString());
  }

  @Override
  public Result make(UUID job, BackupWatch watch) throws InterruptedException {
    Optional<Result.Failed> obstacle = obstacle();
    if (obstacle.isPresent()) {
      return obstacle.get();
    }
    ControlPlaneDumpSection how = section.orElseThrow();
    Path program = program(how).orElseThrow();
    Path file = place(job);
    remove(job);
    try {
      makePrivate(folder(job));
      Files.createFile(file, OwnersOnly.at(directory));
      try (DumpFile dump = new DumpFile(file, how.recipients())) {
        DumpProcess.Ended ended =
            new DumpProcess(command(program), variables(how), dump, watch).run();
        return result(ended, program, dump);
      }
    } catch (IOException e) {
      return new Result.Failed(
          "pg-dump-not-started",
          "pg_dump could not be started, or its file not be made in "
              + directory
              + ": "
              + e.getMessage(),
          "Look at what the machine is short of.");
    }
  }

  private Result result(DumpProcess.Ended ended, Path program, DumpFile dump) {
    if (ended.notTaken().isPresent()) {
      return Failures.notWritten(directory, ended.notTaken().get());
    }
    if (ended.stoppedBy().isPresent()) {
      return new Result.Stopped(ended.stoppedBy().get());
    }
    if (ended.exitCode() != 0) {
      return Failures.of(ended.exitCode(), redacted(ended.errors()), program, display());
    }
    return dump.isWhole() && dump.isOfControlPlane()
        ? new Result.Made()
        : Failures.otherDatabase(display());
  }

  private String display() {
    return section.map(s -> s.database().display()).orElse("");
  }

  private String redacted(String errors) {
    return section
        .flatMap(s -> s.database().currentPassword())
        .map(password -> Redaction.of(List.of(password)))
        .orElse(Redaction.none())
        .redact(errors);
  }

  private Optional<Path> program(ControlPlaneDumpSection how) {
    return how.pgDump().isPresent()
        ? how.pgDump().filter(Executables::isOne)
        : Executables.inPath("pg_dump", environment.getOrDefault("PATH", ""));
  }

  /** All that is secret, and all that says where to connect, is in the environment. */
  private static List<String> command(Path program) {
    return List.of(
        program.toString(),
        "--format=custom",
        // As backup_admin row-level security shows every row. A login that may read all tables and
        // is no member would see, and dump, none: it is refused instead.
        "--role=backup_admin",
        "--enable-row-security",
        // There are none of ours, and one of anybody's would keep us from dumping at all.
        "--no-blobs",
        "--no-password");
  }

  private Map<String, String> variables(ControlPlaneDumpSection how) {
    Map<String, String> variables = new HashMap<>(LibpqEnvironment.of(how.database()));
    for (String name : INHERITED) {
      if (environment.containsKey(name)) {
        variables.put(name, environment.get(name));
      }
    }
    variables.put("PGAPPNAME", "holdfast-pg_dump");
    // Its sentences are read.
    variables.put("LC_ALL", "C");
    return variables;
  }

  private void makePrivate(Path folder) throws IOException {
    Files.createDirectories(folder);
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Override
  public void remove(UUID job) {
    Path place = folder(job);
    if (!Files.exists(place)) {
      return;
    }
    try (Stream<Path> files = Files.list(place)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(place);
    } catch (IOException e) {
      // The run itself has ended well or ill: its record must not be lost over this.
      log.warn("the dump in {} could not be removed", place, e);
    }
  }
}
