package io.holdfast.agent.testing;

import static io.holdfast.agent.testing.Site.eventually;

import io.holdfast.agent.testing.BreakableServer.Place;
import io.holdfast.agent.testing.Program.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A machine of its own upon this one: a name, a network, and files of its own in /etc, /srv and
 * /var/lib, where it begins with what this machine has. Root's home lies in /srv there. Programs,
 * and the test's own directory, are those of this machine. Needs root.
 */
public final class OtherMachine implements AutoCloseable {

  /** Where root is at home. */
  public static final String HOME = "/srv/root";

  private static final String BEGIN =
      """
      hostname "$1"
      mkdir -p "$2"
      mount -t tmpfs own "$2"
      for place in /etc /srv /var/lib; do
        own=$2$place
        mkdir -p "$own/files" "$own/work"
        mount -t overlay -o "lowerdir=$place,upperdir=$own/files,workdir=$own/work" own "$place"
      done
      mkdir -m 700 "$3"
      sed -i "s|^root:\\(.*\\):[^:]*:\\([^:]*\\)$|root:\\1:$3:\\2|" /etc/passwd
      ip link set lo up
      echo ready
      exec sleep infinity
      """;

  private final Process holder;
  private final List<Process> started = new ArrayList<>();

  private OtherMachine(Process holder) {
    this.holder = holder;
  }

  /**
   * Switches it on.
   *
   * @param directory for its log, and where its own files are mounted
   */
  public static OtherMachine named(String name, Path directory) throws IOException {
    return switchedOn(name, directory, "--net");
  }

  /** The same in this machine's own network, where the servers of other tests are found. */
  public static OtherMachine inThisNetwork(String name, Path directory) throws IOException {
    return switchedOn(name, directory, "--ipc");
  }

  private static OtherMachine switchedOn(String name, Path directory, String besides)
      throws IOException {
    Path log = Files.createDirectories(directory).resolve(name + ".log");
    Process holder =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--uts",
                besides,
                "sh",
                "-euc",
                BEGIN,
                "sh",
                name,
                directory.resolve(name).toString(),
                HOME)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    eventually()
        .until(() -> {
          String said = Files.readString(log);
          if (!holder.isAlive()) {
            throw new AssertionError("the machine " + name + " did not come up: " + said);
          }
          return said.endsWith("ready\n");
        });
    return new OtherMachine(holder);
  }

  /** A cable to another machine. */
  public void connect(String address, OtherMachine other, String othersAddress) {
    String unique = "x" + holder.pid();
    Program.mustRun(
        List.of(
            "ip",
            "link",
            "add",
            "a" + unique,
            "netns",
            pid(),
            "type",
            "veth",
            "peer",
            "name",
            "b" + unique,
            "netns",
            other.pid()));
    plug("a" + unique, address);
    other.plug("b" + unique, othersAddress);
  }

  /** A cable to the machine that the test itself runs on. */
  private void connectHere(String address, String here) {
    String end = "hfm" + holder.pid();
    Program.mustRun(
        List.of("ip", "link", "add", end, "type", "veth", "peer", "name", "here", "netns", pid()));
    Program.mustRun(List.of("ip", "address", "add", here + "/24", "dev", end));
    Program.mustRun(List.of("ip", "link", "set", end, "up"));
    plug("here", address);
  }

  private void plug(String end, String address) {
    mustRun("ip", "address", "add", address + "/24", "dev", end);
    mustRun("ip", "link", "set", end, "up");
  }

  private String pid() {
    return Long.toString(holder.pid());
  }

  /** Where a server of this machine is found by the test, and by the machines beside it. */
  Place place() {
    int number = CuttableNetwork.freeNumber();
    String own = "198.18." + number + ".2";
    connectHere(own, "198.18." + number + ".1");
    return new Place(inside(), own, own, "198.18.0.0/15");
  }

  /** What a command line begins with that is to run there. */
  private List<String> inside() {
    return List.of("nsenter", "--target=" + pid(), "--mount", "--net", "--uts", "--");
  }

  private List<String> inside(String... command) {
    List<String> line = new ArrayList<>(inside());
    line.addAll(List.of(command));
    return line;
  }

  /** Runs a program there to its end, as root, without a terminal. */
  public Result run(Map<String, String> environment, String... command) {
    return Program.run(environment, inside(command));
  }

  /** Runs a program there that must succeed. */
  public Result mustRun(String... command) {
    Result result = run(Map.of(), command);
    if (result.exitCode() != 0) {
      throw new AssertionError(List.of(command) + " failed: " + result.all());
    }
    return result;
  }

  /** Starts a program that runs until the machine is switched off. */
  public void start(Path log, String... command) throws IOException {
    started.add(
        new ProcessBuilder(inside(command))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start());
  }

  /** Its network and its files go with it. */
  @Override
  public void close() {
    started.forEach(Process::destroy);
    holder.destroy();
    try {
      for (Process process : started) {
        process.waitFor(1, TimeUnit.MINUTES);
      }
      holder.waitFor(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
