package io.holdfast.agent.restic;

import io.holdfast.agent.restic.RepositoryProbe.State;
import io.holdfast.agent.text.Bounded;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the answer to a probe means, in words. */
final class Probes {

  private static final int LONGEST_REASON = 600;
  private static final Pattern RETRY =
      Pattern.compile("returned error, retrying after [^:\\n]*: ([^\\n]{1,300})");

  private Probes() {}

  static RepositoryProbe of(Repository repository, ExitMeaning meaning, String errors) {
    String place = "the repository " + repository.display();
    return switch (meaning) {
      case COMPLETE -> new RepositoryProbe(State.OPEN, "", "");
      case WRONG_PASSWORD ->
          new RepositoryProbe(
              State.WRONG_PASSWORD,
              place + " refuses the password",
              "Correct the setting repository_password.");
      case LOCKED ->
          new RepositoryProbe(
              State.LOCKED,
              place + " is locked by another restic process" + LockHolder.in(errors),
              "Wait for it; if that host has no such process any more, run 'restic unlock'.");
      case NO_REPOSITORY -> notThere(repository, place);
      case TIMED_OUT, STALLED ->
          new RepositoryProbe(
              State.UNREACHABLE,
              place + " does not answer" + lastAttempt(errors),
              "Check the storage and the network between.");
      case INCOMPLETE, CANCELLED, NOT_STARTED, FAILED -> notOpened(place, errors);
    };
  }

  private static RepositoryProbe notOpened(String place, String errors) {
    if (TooManyKeys.said(errors)) {
      return new RepositoryProbe(
          State.UNREACHABLE, place + TooManyKeys.SENTENCE, TooManyKeys.REMEDY);
    }
    return errors.contains("is damaged: ciphertext verification failed")
        ? new RepositoryProbe(
            State.UNREACHABLE,
            place + " is damaged: " + oneLine(errors),
            "If it is new, two machines initialised it at the same moment: remove what is there and"
                + " let one machine make it. Else restore its storage.")
        : new RepositoryProbe(
            State.UNREACHABLE,
            place + " cannot be opened: " + oneLine(errors),
            "Check repository_url, the storage and its credentials.");
  }

  /** A directory whose parent is missing too is more likely a disk that is not mounted. */
  private static RepositoryProbe notThere(Repository repository, String place) {
    Optional<Path> parent = repository.localPath().map(Path::getParent);
    if (parent.isPresent() && !Files.isDirectory(parent.get())) {
      return new RepositoryProbe(
          State.UNREACHABLE,
          place
              + " cannot be reached: "
              + (repository.hidden() ? "the directory above it" : "the directory " + parent.get())
              + " does not exist",
          "Mount the disk, or correct repository_url.");
    }
    if (repository.localPath().filter(LocalRepository::lacksConfig).isPresent()) {
      // restic before 0.17 would make a new one over it, which could read nothing of the old.
      return new RepositoryProbe(
          State.UNREACHABLE,
          place + " is damaged: its file \"config\" is gone, and its keys are there",
          "Put the file back from a copy of the repository. Do not run 'restic init' there: what it"
              + " holds could never be read again.");
    }
    return new RepositoryProbe(
        State.MISSING,
        "there is no restic repository at " + repository.display(),
        "Check repository_url; if the repository is really to be made, run 'restic init' or set"
            + " repository_auto_init to true.");
  }

  /** restic tells of each attempt why it failed, for as long as it tries. */
  private static String lastAttempt(String errors) {
    Matcher attempt = RETRY.matcher(errors);
    String last = "";
    while (attempt.find()) {
      last = ": " + attempt.group(1).strip();
    }
    return last;
  }

  static String oneLine(String errors) {
    String line =
        GoTrace.without(errors).replaceAll("\\s*\\R\\s*", "; ").replaceFirst(";\\s*$", "").strip();
    String reason = line.isEmpty() ? "restic did not say why" : line.replaceFirst("^Fatal: ", "");
    // The end says what restic gave up for.
    return Bounded.toEnd(LONGEST_REASON, reason);
  }
}
