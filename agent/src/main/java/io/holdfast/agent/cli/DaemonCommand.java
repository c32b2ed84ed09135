package io.holdfast.agent.cli;

import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.daemon.Agent;
import io.holdfast.agent.daemon.AgentParts;
import io.holdfast.agent.daemon.Machine;
import io.holdfast.agent.job.LogLevel;
import io.holdfast.agent.postgres.Database;
import io.holdfast.agent.run.DeviceLocks.Held;
import io.holdfast.agent.service.Supervisor;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast daemon} */
@Command(
    name = "daemon",
    description = "Runs the agent in the foreground until it gets SIGTERM or SIGINT.",
    mixinStandardHelpOptions = true)
final class DaemonCommand implements Callable<Integer> {

  private static final Logger log = LoggerFactory.getLogger(DaemonCommand.class);
  private static final int LOCK_ATTEMPTS = 5;
  private static final Duration BETWEEN_LOCK_ATTEMPTS = Duration.ofMillis(200);

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = {"-v", "--verbose"},
      description = "log every step, whatever the setting log_level says")
  private boolean verbose;

  private LogLevel followed = LogLevel.INFO;

  @Override
  public Integer call() throws InvalidConfig, InterruptedException {
    Supervisor service = Supervisor.current();
    try {
      return run(service);
    } catch (InvalidConfig | CommandFailure e) {
      // Between its attempts 'systemctl status' shows no lines of the journal, but this.
      service.status(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private int run(Supervisor service) throws InvalidConfig, InterruptedException {
    Logging.forDaemon(verbose);
    LocalConfig local = config.load();
    Logging.to(local.log());
    AgentParts parts =
        new AgentParts(
            local, Machine.current(), Database.pooled(local.database()), Clock.systemUTC());
    try (Held _ = onlyDaemon(parts)) {
      Agent agent = new Agent(parts, service, this::follow);
      StopCall stop = StopCall.OF_PROCESS;
      Runtime.getRuntime().addShutdownHook(new Thread(() -> awaitStop(stop), "stop"));
      agent.start();
      stop.await();
      agent.stop();
      stop.follow();
    }
    return ExitCode.OK;
  }

  /** Whoever asked for every step gets it. */
  private synchronized void follow(LogLevel level) {
    if (!verbose && level != followed) {
      log.info("logs at the level {} from now on, as the setting log_level says", level.word());
      Logging.level(level);
      log.debug("log_level: every step is logged");
      followed = level;
    }
  }

  /**
   * Tries for a moment: a command that looks whether a daemon runs holds the lock for an instant.
   */
  private static Held onlyDaemon(AgentParts parts) throws InterruptedException {
    for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
      Optional<Held> held = parts.locks().tryDaemon(ProcessHandle.current().pid());
      if (held.isPresent()) {
        return held.get();
      }
      Thread.sleep(BETWEEN_LOCK_ATTEMPTS);
    }
    throw new CommandFailure(
        ExitCode.WRONG,
        "another daemon"
            + parts.locks().daemonsPid().map(pid -> " (pid " + pid + ")").orElse("")
            + " already uses the state directory "
            + parts.config().stateDirectory(),
        "Stop it first, or give this one another state_directory.");
  }

  /** The JVM ends when its hooks have: so the hook waits for the clean stop. */
  private static void awaitStop(StopCall stop) {
    stop.make();
    try {
      stop.awaitFollowed();
    } catch (InterruptedException e) {
      log.warn("the stop was interrupted");
    }
  }
}
