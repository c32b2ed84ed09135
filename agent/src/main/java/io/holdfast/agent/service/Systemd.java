package io.holdfast.agent.service;

import io.holdfast.agent.text.Visible;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** systemd, as sd_notify(3) and sd_watchdog_enabled(3) have it. */
final class Systemd implements Supervisor {

  private static final Logger log = LoggerFactory.getLogger(Systemd.class);

  /** How a message is sent. */
  @FunctionalInterface
  interface Channel {
    void send(String message) throws IOException;
  }

  private final Channel channel;
  private final Optional<Duration> watchdog;

  Systemd(Channel channel, Optional<Duration> watchdog) {
    this.channel = channel;
    this.watchdog = watchdog;
  }

  /**
   * By the environment that it gives its services; what it gave to another process is not for us.
   */
  static Supervisor from(Map<String, String> environment, long pid) {
    String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (!socket.startsWith("/") && !socket.startsWith("@")) {
      return NONE;
    }
    return new Systemd(new NotifySocket(socket), watchdog(environment, pid));
  }

  private static Optional<Duration> watchdog(Map<String, String> environment, long pid) {
    String whose = environment.getOrDefault("WATCHDOG_PID", String.valueOf(pid));
    if (!whose.equals(String.valueOf(pid))) {
      return Optional.empty();
    }
    try {
      long micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
      return micros <= 0 ? Optional.empty() : Optional.of(Duration.ofNanos(micros * 1000));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public void ready() {
    send("READY=1");
  }

  @Override
  public void stopping() {
    send("STOPPING=1");
  }

  @Override
  public void status(String sentence) {
    send("STATUS=" + Visible.of(sentence.replace('\n', ' ')));
  }

  @Override
  public void alive() {
    send("WATCHDOG=1");
  }

  @Override
  public Optional<Duration> wantsLifeEvery() {
    return watchdog;
  }

  private void send(String message) {
    try {
      channel.send(message);
    } catch (IOException e) {
      log.warn("systemd could not be told {}: {}", message.replaceFirst("=.*", ""), e.getMessage());
    }
  }
}
