package io.holdfast.agent.service;

import java.time.Duration;
import java.util.Optional;

/** Whoever runs us as a service. What it cannot be told is no reason to stop. */
public interface Supervisor {

  /** Where nobody asks: in a terminal, a container, or on a system that starts us otherwise. */
  Supervisor NONE =
      new Supervisor() {
        @Override
        public void ready() {}

        @Override
        public void stopping() {}

        @Override
        public void status(String sentence) {}

        @Override
        public void alive() {}

        @Override
        public Optional<Duration> wantsLifeEvery() {
          return Optional.empty();
        }
      };

  /** The one that started this process. */
  static Supervisor current() {
    return Systemd.from(System.getenv(), ProcessHandle.current().pid());
  }

  /** From now on we do what we are for; may be said again. */
  void ready();

  /** A clean stop has begun. */
  void stopping();

  /** One line for a person. */
  void status(String sentence);

  /** We get on; to be said at least as often as {@link #wantsLifeEvery}. */
  void alive();

  /** After how long without {@link #alive} we are ended and started anew; empty: never. */
  Optional<Duration> wantsLifeEvery();
}
