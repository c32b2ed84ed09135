package io.holdfast.agent.daemon;

import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.dump.PgDump;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.maintenance.BackupPasses;
import io.holdfast.agent.maintenance.CopyBook;
import io.holdfast.agent.maintenance.Copying;
import io.holdfast.agent.maintenance.Housekeeper;
import io.holdfast.agent.maintenance.HousekeepingBook;
import io.holdfast.agent.maintenance.KeyRemoval;
import io.holdfast.agent.maintenance.Leases;
import io.holdfast.agent.maintenance.RepositoryIds;
import io.holdfast.agent.maintenance.StaleLocks;
import io.holdfast.agent.postgres.Database;
import io.holdfast.agent.postgres.PostgresConfigSource;
import io.holdfast.agent.postgres.PostgresContents;
import io.holdfast.agent.postgres.PostgresCopyBook;
import io.holdfast.agent.postgres.PostgresHousekeepingBook;
import io.holdfast.agent.postgres.PostgresKeysUsed;
import io.holdfast.agent.postgres.PostgresLeases;
import io.holdfast.agent.postgres.PostgresRequestSource;
import io.holdfast.agent.postgres.PostgresRunSink;
import io.holdfast.agent.postgres.PostgresToldSnapshots;
import io.holdfast.agent.postgres.UnlockLease;
import io.holdfast.agent.proof.DueProofs;
import io.holdfast.agent.proof.Prover;
import io.holdfast.agent.report.Drain;
import io.holdfast.agent.report.ProgressBoard;
import io.holdfast.agent.report.Redelivery;
import io.holdfast.agent.report.RunSink;
import io.holdfast.agent.report.Spool;
import io.holdfast.agent.report.SpoolJournal;
import io.holdfast.agent.report.ToldRecords;
import io.holdfast.agent.report.Unwritten;
import io.holdfast.agent.restic.LockPolicy;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticPlaces;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restore.PermittedTarget;
import io.holdfast.agent.restore.Restorer;
import io.holdfast.agent.run.Aftermath;
import io.holdfast.agent.run.AgendaStore;
import io.holdfast.agent.run.ConfigReview;
import io.holdfast.agent.run.ContentsCheck;
import io.holdfast.agent.run.ControlPlaneDump;
import io.holdfast.agent.run.CrashRecovery;
import io.holdfast.agent.run.DeviceLocks;
import io.holdfast.agent.run.OpenRestores;
import io.holdfast.agent.run.OpenRuns;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.run.RepositoryGate;
import io.holdfast.agent.run.ResticProvider;
import io.holdfast.agent.run.RunExecutor;
import io.holdfast.agent.run.RunJournal;
import io.holdfast.agent.secret.MachineSecrets;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.state.AgendaFile;
import io.holdfast.agent.state.FailedFilesFile;
import io.holdfast.agent.state.InstanceFile;
import io.holdfast.agent.state.LastContentsFile;
import io.holdfast.agent.state.OpenRestoreFiles;
import io.holdfast.agent.state.OpenRunFiles;
import io.holdfast.agent.state.ProofTimesFile;
import io.holdfast.agent.sync.ConfigCache;
import io.holdfast.agent.sync.ConfigRows;
import io.holdfast.agent.sync.ConfigSource;
import io.holdfast.agent.sync.DeviceConfig;
import io.holdfast.agent.sync.Heartbeat;
import io.holdfast.agent.sync.LastPassword;
import io.holdfast.agent.sync.RequestSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * The parts of the agent, wired by hand: what the daemon and the commands at the machine have in
 * common, so that a run by hand takes the same way as a run by schedule.
 */
public final class AgentParts implements AutoCloseable {

  private final LocalConfig config;
  private final Machine machine;
  private final Database database;
  private final Clock clock;
  private final Spool spool;
  private final Unwritten unwritten = new Unwritten();
  private final OpenRuns openRuns;
  private final SecretSource secrets;
  private final ResticProvider restic;
  private final RepositoryIds repositoryIds = new RepositoryIds(this::opened);
  private final LastPassword lastPassword;
  private final ControlPlaneDump dump;
  private final InstanceFile instance;

  /** Rows of the control plane, and what they say of the repository. */
  private record Read(ConfigRows rows, Settings settings) {}

  private volatile Optional<Read> lastRead = Optional.empty();

  public AgentParts(LocalConfig config, Machine machine, Database database, Clock clock) {
    this.config = config;
    this.machine = machine;
    this.database = database;
    this.clock = clock;
    secrets = new MachineSecrets(config.secretsDirectory(), System.getenv());
    leaveToItsOwner(config.stateDirectory());
    makePrivate(config.stateDirectory());
    spool = new Spool(config.stateDirectory().resolve("spool"));
    lastPassword =
        new LastPassword(config.stateDirectory(), config.deviceId(), config.database().display());
    openRuns = new OpenRunFiles(config.stateDirectory().resolve("open-runs"), clock);
    instance = new InstanceFile(config.stateDirectory());
    Path privateDirectory = config.stateDirectory().resolve("private");
    makePrivate(privateDirectory);
    Path resticCache = config.stateDirectory().resolve("restic-cache");
    restic =
        new InstalledRestic(
            ResticPlaces.of(config.resticPath(), config.stateDirectory(), System.getenv()),
            binary -> new Restic(binary, privateDirectory, resticCache));
    dump =
        new PgDump(
            config.controlPlaneDump(),
            config.stateDirectory().resolve("control-plane-dump"),
            System.getenv());
  }

  /** What root wrote there the agent could not read any more, which runs as somebody else. */
  private static void leaveToItsOwner(Path stateDirectory) {
    Path written = stateDirectory.resolve("spool");
    if (!System.getProperty("user.name", "").equals("root") || !Files.isDirectory(written)) {
      return;
    }
    try {
      String owner = Files.getOwner(written).getName();
      if (!owner.equals("root")) {
        throw new UncheckedIOException(
            "the agent of the state directory "
                + stateDirectory
                + " runs as the user "
                + owner
                + ", who could not read what root leaves there: run this as that user, such as by"
                + " 'sudo -u "
                + owner
                + "'",
            new FileSystemException(stateDirectory.toString(), null, "nothing was done"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be looked at", e);
    }
  }

  /** The state directory holds output of restic and the names of files: nobody else's business. */
  private static void makePrivate(Path directory) {
    try {
      Files.createDirectories(directory);
      if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the directory " + directory + " cannot be made or used", e);
    }
  }

  public LocalConfig config() {
    return config;
  }

  public Machine machine() {
    return machine;
  }

  public Database database() {
    return database;
  }

  public Clock clock() {
    return clock;
  }

  public Spool spool() {
    return spool;
  }

  public ResticProvider restic() {
    return restic;
  }

  public DeviceLocks locks() {
    return new DeviceLocks(config.stateDirectory().resolve("locks"));
  }

  /** What the rows mean on this machine. */
  public DeviceConfig deviceConfig(ConfigRows rows) {
    LastPassword.Completed completed = lastPassword.complete(rows, clock.instant());
    DeviceConfig read =
        DeviceConfig.from(completed.rows(), machine.zone(), secrets, config.policy());
    lastRead =
        completed.problem().isPresent()
            ? Optional.empty()
            : Optional.of(new Read(rows, read.settings()));
    return completed.problem().map(read::with).orElse(read);
  }

  /** A copy target opens too, and with a password of its own. */
  private void opened(Repository repository) {
    lastRead
        .filter(read -> RepositoryAccess.missing(read.settings()).isEmpty())
        .filter(read -> {
          Repository ofSettings = RepositoryAccess.of(read.settings());
          return ofSettings.url().equals(repository.url())
              && ofSettings.password().equals(repository.password());
        })
        .ifPresent(read -> lastPassword.opened(read.rows(), clock.instant()));
  }

  public ConfigSource configSource() {
    return new PostgresConfigSource(database, config.deviceId());
  }

  public RunSink runSink() {
    return new PostgresRunSink(database, () -> Optional.of(instance.id()));
  }

  public RequestSource requestSource() {
    return new PostgresRequestSource(database, config.deviceId(), instance::id);
  }

  /** Which agent of its device this is. */
  InstanceFile instance() {
    return instance;
  }

  public Drain drain() {
    return new Drain(spool, unwritten, runSink());
  }

  public Redelivery redelivery() {
    return new Redelivery(spool, runSink());
  }

  public ConfigReview review() {
    return new ConfigReview(restic, dump);
  }

  public OpenRuns openRuns() {
    return openRuns;
  }

  public AgendaStore agendaStore() {
    return new AgendaFile(config.stateDirectory());
  }

  public ConfigCache configCache() {
    return new ConfigCache(config.stateDirectory(), config.deviceId(), config.database().display());
  }

  /**
   * @param wakeDrain told after every record in the spool
   */
  public RunJournal journal(ProgressBoard progress, Runnable wakeDrain) {
    return new SpoolJournal(spool, unwritten, progress, wakeDrain);
  }

  public RunExecutor executor(RunJournal journal) {
    return new RunExecutor(
        restic,
        config.policy(),
        gate(),
        journal,
        openRuns,
        dump,
        contents(),
        clock,
        new SecureRandom(),
        AgentVersion.current());
  }

  private ContentsCheck contents() {
    return new ContentsCheck(
        new RememberedContents(
            new LastContentsFile(config.stateDirectory()),
            new PostgresContents(database, config.deviceId())));
  }

  private RepositoryGate gate() {
    return new BackupPasses(leases(), repositoryIds);
  }

  public Prover prover(RunJournal journal) {
    return new Prover(
        restic,
        gate(),
        journal,
        new FailedFilesFile(config.stateDirectory()),
        told(),
        config.stateDirectory().resolve("scratch"),
        config.deviceId(),
        clock,
        new SecureRandom());
  }

  /** Of which snapshots runs have told. */
  ToldSnapshots told() {
    return new ToldSnapshots(
        new PostgresToldSnapshots(database, config.deviceId()), new ToldRecords(spool));
  }

  public OpenRestores openRestores() {
    return new OpenRestoreFiles(config.stateDirectory().resolve("open-restores"));
  }

  /** What carries out the restores that rows ask for. */
  public Restorer restorer(RunJournal journal, OpenRestores open) {
    Path configFile = config.file().toAbsolutePath();
    return new Restorer(
        restic,
        gate(),
        journal,
        open,
        new PermittedTarget(
            config.policy(),
            configFile,
            List.of(config.stateDirectory(), configFile.resolveSibling("."))),
        told(),
        config.deviceId(),
        machine::zone,
        clock);
  }

  public DueProofs dueProofs() {
    return new DueProofs(new ProofTimesFile(config.stateDirectory()));
  }

  /** Its housekeeping, should it be a housekeeper. */
  public Housekeeper housekeeper(RunJournal journal) {
    HousekeepingBook book = housekeepingBook();
    return new Housekeeper(
        book,
        leases(),
        new StaleLocks(book, this::lockPolicy, config.deviceId(), clock),
        new Copying(book, copyBook(), new BackupPasses(leases(), repositoryIds)),
        journal,
        config.deviceId(),
        clock,
        new SecureRandom());
  }

  public HousekeepingBook housekeepingBook() {
    return new PostgresHousekeepingBook(database, config.deviceId());
  }

  private CopyBook copyBook() {
    return new PostgresCopyBook(database, config.deviceId());
  }

  public CopyTargets copyTargets() {
    return new CopyTargets(copyBook(), leases(), repositoryIds, secrets, config.policy());
  }

  /** Tells by which key this device has opened a repository. */
  KeyTurn.Told keysUsed() {
    return new PostgresKeysUsed(database, config.deviceId())::tell;
  }

  KeyRemoval keyRemoval() {
    return new KeyRemoval(leases());
  }

  public RepositoryIds repositoryIds() {
    return repositoryIds;
  }

  private Leases leases() {
    return new PostgresLeases(database, config.deviceId());
  }

  private LockPolicy lockPolicy() {
    return new LockPolicy(machine.hostname(), userId(), InstalledRestic::holder);
  }

  public CrashRecovery recovery(RunJournal journal) {
    return new CrashRecovery(
        openRuns, journal, restic, dump, contents(), clock, AgentVersion.current());
  }

  public Aftermath aftermath() {
    return new Aftermath(
        openRuns, restic, lockPolicy(), new UnlockLease(database, config.deviceId()));
  }

  /** Whom the state directory belongs to: us. 0 where users have no numbers. */
  private long userId() {
    try {
      return config.stateDirectory().getFileSystem().supportedFileAttributeViews().contains("unix")
          ? ((Number) Files.getAttribute(config.stateDirectory(), "unix:uid")).longValue()
          : 0;
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be looked at", e);
    }
  }

  /** What the machine says of itself now; restic may have been upgraded since the last time. */
  public Heartbeat heartbeat() {
    return new Heartbeat(
        config.deviceId(),
        config.deviceName(),
        machine.platform(),
        machine.hostname(),
        machine.metadata(AgentVersion.current(), resticVersion()));
  }

  private String resticVersion() {
    try {
      return restic.get().version().toString();
    } catch (ResticUnavailable e) {
      return "none";
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
