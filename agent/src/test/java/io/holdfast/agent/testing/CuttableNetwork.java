package io.holdfast.agent.testing;

import io.holdfast.agent.testing.BreakableServer.Place;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * A cable between this machine and a network namespace in which a server runs. It can be cut so
 * that packets vanish without any answer: each end is told a hardware address for the other that
 * nobody has. An admin has addresses of his own on the cable, which no cut concerns. Needs root.
 */
public final class CuttableNetwork implements AutoCloseable {

  private static final String NOBODY = "02:00:00:00:00:99";

  private final int number = freeNumber();
  private final String name = "holdfast-" + ProcessHandle.current().pid() + "-" + number;
  private final String here = "hfa" + number + "x" + ProcessHandle.current().pid();
  private final String there = "hfb" + number + "x" + ProcessHandle.current().pid();

  private CuttableNetwork() {}

  public static CuttableNetwork connected() {
    CuttableNetwork network = new CuttableNetwork();
    try {
      network.connect();
      return network;
    } catch (AssertionError e) {
      network.close();
      throw e;
    }
  }

  /** Of the networks 198.18.x and 198.19.x, which are meant for tests, one that nobody has here. */
  static int freeNumber() {
    String taken = Program.mustRun(List.of("ip", "-4", "address")).out();
    return ThreadLocalRandom.current()
        .ints(1, 255)
        .filter(number -> !taken.contains(" 198.18." + number + "."))
        .findFirst()
        .orElseThrow();
  }

  private void connect() {
    ip("netns", "add", name);
    ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
    for (String net : List.of("198.18.", "198.19.")) {
      ip("address", "add", net + number + ".1/24", "dev", here);
      inside("address", "add", net + number + ".2/24", "dev", there);
    }
    inside("link", "set", "lo", "up");
    inside("link", "set", there, "up");
    ip("link", "set", here, "up");
  }

  Place place() {
    return new Place(
        List.of("ip", "netns", "exec", name),
        "198.18." + number + ".2",
        "198.19." + number + ".2",
        "198.18.0.0/15");
  }

  /** From now on the agent's packets vanish, and so do those to it. */
  public void cut() {
    ip("neigh", "replace", agent(2), "lladdr", NOBODY, "dev", here, "nud", "permanent");
    cutAnswers();
  }

  /** What the agent sends arrives, but no answer comes back. */
  public void cutAnswers() {
    inside("neigh", "replace", agent(1), "lladdr", NOBODY, "dev", there, "nud", "permanent");
  }

  /** The cable is whole again. */
  public void mend() {
    ip("neigh", "flush", "dev", here, "nud", "permanent");
    inside("neigh", "flush", "dev", there, "nud", "permanent");
  }

  /** Mends it, but the agent's machine has another address now, as a laptop has elsewhere. */
  public void mendElsewhere() {
    ip("address", "del", agent(1) + "/24", "dev", here);
    ip("address", "add", agent(3) + "/24", "dev", here);
    mend();
  }

  private String agent(int host) {
    return "198.18." + number + "." + host;
  }

  private static void ip(String... arguments) {
    Program.mustRun(concat(List.of("ip"), arguments));
  }

  private void inside(String... arguments) {
    Program.mustRun(concat(List.of("ip", "-n", name), arguments));
  }

  private static List<String> concat(List<String> command, String... arguments) {
    return Stream.concat(command.stream(), Stream.of(arguments)).toList();
  }

  /** Close what runs in it first. The cable goes with the namespace. */
  @Override
  public void close() {
    ip("netns", "del", name);
  }
}
