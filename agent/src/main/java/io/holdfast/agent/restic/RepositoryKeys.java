package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** The keys by which a repository opens, each with a password of its own. */
public final class RepositoryKeys {

  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Pattern ID = Pattern.compile("[0-9a-f]{8,64}");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Pattern UNUSUAL = Pattern.compile("[^ -~]");
  private static final int LONGEST = 100;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Restic restic;

  public RepositoryKeys(Restic restic) {
    this.restic = restic;
  }

  /**
   * A key. Who made it has written into it what he liked; all of it is harmless to show.
   *
   * @param id restic's; the first 8 digits only, before restic 0.15
   * @param current whether the repository was opened by it
   * @param user who made it, or the label that we gave it
   * @param host where
   * @param created when, as restic writes it
   */
  public record Key(String id, boolean current, String user, String host, String created) {

    /** Whether it is the one of this id, be either of them shortened. */
    public boolean is(String other) {
      return id.startsWith(other) || other.startsWith(id);
    }
  }

  /** All keys; takes no lock. Empty if the repository does not open. */
  public Optional<List<Key>> list(Repository repository) {
    return list(repository, new Cancellation());
  }

  /** The same until somebody ends it; nothing is known then. */
  public Optional<List<Key>> list(Repository repository, Cancellation cancellation) {
    List<Key> keys = new ArrayList<>();
    WorkReport report =
        run(
            repository,
            List.of("key", "list", "--json", "--no-lock"),
            cancellation,
            ResticProcess.lines(line -> read(line, keys)));
    return report.complete() && !keys.isEmpty() ? Optional.of(keys) : Optional.empty();
  }

  /** The key by which the repository opens with this password; empty if it does not open. */
  public Optional<Key> current(Repository repository) {
    return list(repository).flatMap(keys -> keys.stream().filter(Key::current).findFirst());
  }

  private static void read(String line, List<Key> keys) {
    try {
      for (JsonNode key : JSON.readTree(line)) {
        String id = key.path("id").asText();
        if (ID.matcher(id).matches()) {
          keys.add(
              new Key(
                  id,
                  key.path("current").asBoolean(),
                  plain(key.path("userName")),
                  plain(key.path("hostName")),
                  plain(key.path("created"))));
        }
      }
    } catch (JsonProcessingException e) {
      // Not the answer; without one there are no keys.
    }
  }

  private static String plain(JsonNode text) {
    String plain = UNUSUAL.matcher(text.asText()).replaceAll("?");
    return plain.substring(0, Math.min(LONGEST, plain.length()));
  }

  /**
   * Adds a key for a new password.
   *
   * @param label by which it is found again
   */
  public WorkReport add(Repository repository, Secret newPassword, String label) {
    if (!LABEL.matcher(label).matches()) {
      throw new IllegalArgumentException("not a label: " + label);
    }
    try (PrivateFiles.Single file = restic.privateFiles().writeNew(newPassword)) {
      return run(
          repository,
          List.of("key", "add", "--new-password-file=" + file.path(), "--user=" + label),
          new Cancellation(),
          ResticProcess.lines(_ -> {}));
    } catch (IOException e) {
      return new WorkReport(
          ExitMeaning.NOT_STARTED,
          OptionalInt.empty(),
          "",
          "the new password could not be given to restic",
          Duration.ZERO,
          false);
    }
  }

  /** Removes a key; restic refuses to remove the one by which it has opened the repository. */
  public WorkReport remove(Repository repository, Key key) {
    return run(
        repository,
        List.of("key", "remove", key.id()),
        new Cancellation(),
        ResticProcess.lines(_ -> {}));
  }

  private WorkReport run(
      Repository repository,
      List<String> command,
      Cancellation cancellation,
      ResticProcess.OutputReader output) {
    StopReason tooLong = StopReason.after(LIMIT);
    StopReason stop =
        () -> cancellation.isCancelled() ? Optional.of(ExitMeaning.CANCELLED) : tooLong.now();
    return restic.work(repository, Optional.empty(), command, stop, _ -> {}, output);
  }
}
