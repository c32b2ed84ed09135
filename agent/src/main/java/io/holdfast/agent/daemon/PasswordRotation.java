package io.holdfast.agent.daemon;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.maintenance.Housekeeper.Workplace;
import io.holdfast.agent.postgres.DeviceLogins;
import io.holdfast.agent.postgres.PasswordRotations;
import io.holdfast.agent.postgres.PasswordRotations.DeviceLine;
import io.holdfast.agent.postgres.PasswordRotations.Passwords;
import io.holdfast.agent.postgres.PasswordRotations.Rotation;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.restic.RepositoryKeys;
import io.holdfast.agent.restic.Restic;
import io.holdfast.agent.restic.ResticUnavailable;
import io.holdfast.agent.restic.WorkReport;
import io.holdfast.agent.run.RepositoryAccess;
import io.holdfast.agent.secret.Secret;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A new password for the repository that this device backs up into. The old key stays until every
 * device has opened the repository by the new one; whatever is cut short goes on when it is called
 * again.
 */
public final class PasswordRotation implements AutoCloseable {

  private static final Pattern REFERENCE = Pattern.compile("(file|env|enc):.*");

  private final AgentParts parts;
  private final PasswordRotations rotations;

  /**
   * @param admin the control plane, by the login of an admin: a device may not change settings
   */
  public PasswordRotation(AgentParts parts, DatabaseAddress admin) {
    this.parts = parts;
    rotations = new PasswordRotations(admin);
  }

  /** What came of it. */
  public sealed interface Result {
    /**
     * It goes on.
     *
     * @param reference what the setting stands for, if it is no password itself
     * @param doubtful devices that say they have another repository, and are not waited for
     * @param unknownKeys those that nobody put into the repository on purpose
     */
    record GoesOn(
        List<DeviceLine> devices,
        Optional<String> reference,
        List<String> doubtful,
        List<RepositoryKeys.Key> unknownKeys)
        implements Result {}

    /**
     * The old key is gone.
     *
     * @param lockedOut devices that had not used the new one
     * @param removedKeys others that were removed too
     * @param unknownKeys others that still open the repository
     */
    record Finished(
        List<DeviceLine> lockedOut,
        List<RepositoryKeys.Key> removedKeys,
        List<RepositoryKeys.Key> unknownKeys)
        implements Result {}

    /** Nothing was done, or not all. */
    record Declined(String message, String remedy) implements Result {}
  }

  /** What all steps need. */
  private record Scene(
      Workplace place,
      RepositoryKeys keys,
      List<RepositoryKeys.Key> all,
      RepositoryKeys.Key current,
      Optional<Rotation> open) {
    Repository repository() {
      return place.repository();
    }
  }

  private static final class Stop extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Result.Declined result;

    private Stop(String message, String remedy) {
      super(message);
      result = new Result.Declined(message, remedy);
    }
  }

  @FunctionalInterface
  private interface Step {
    Result take(Scene scene) throws Stop, ControlPlaneException, InterruptedException;
  }

  /**
   * Adds the new key and rolls its password out; if that has been done, says how far it is.
   *
   * @param given the new password; empty for one that is made here
   * @param force also if others have the old one for another repository, and are locked out
   */
  public Result begin(Optional<Secret> given, boolean force)
      throws ControlPlaneException, InterruptedException {
    return on(scene -> begin(scene, given, force));
  }

  /** Who has used the new key, and who has not. */
  public Result status() throws ControlPlaneException, InterruptedException {
    return on(scene -> goesOn(scene, rolledOut(scene)));
  }

  /**
   * Removes the old key.
   *
   * @param force also if devices are locked out by it
   * @param removeOthers also the keys that nobody put there on purpose; if the old key is gone
   *     already, those alone
   * @param writtenDown whether somebody says that the new password stands elsewhere too
   */
  public Result finish(boolean force, boolean removeOthers, boolean writtenDown)
      throws ControlPlaneException, InterruptedException {
    return on(scene -> finish(scene, force, removeOthers, writtenDown));
  }

  private Result on(Step step) throws ControlPlaneException, InterruptedException {
    Settings settings = parts.deviceConfig(parts.configSource().sync(parts.heartbeat())).settings();
    var missing = RepositoryAccess.missing(settings);
    if (missing.isPresent()) {
      return new Result.Declined(missing.get().sentence(), missing.get().remedy());
    }
    try {
      Restic restic = parts.restic().get();
      RepositoryKeys keys = new RepositoryKeys(restic);
      Repository repository = RepositoryAccess.of(settings);
      List<RepositoryKeys.Key> all = keys.list(repository).orElse(List.of());
      Optional<RepositoryKeys.Key> current =
          all.stream().filter(RepositoryKeys.Key::current).findFirst();
      Optional<String> id = parts.repositoryIds().of(restic, repository);
      if (current.isEmpty() || id.isEmpty()) {
        return new Result.Declined(
            "the repository does not open", "'holdfast doctor' on this machine says why.");
      }
      Workplace place = Workplace.of(restic, settings, id.get());
      parts.housekeepingBook().keys(id.get(), Optional.empty(), all);
      return step.take(new Scene(place, keys, all, current.get(), rotations.goingOn(id.get())));
    } catch (ResticUnavailable e) {
      return new Result.Declined(e.getMessage(), e.remedy());
    } catch (Stop e) {
      return e.result;
    }
  }

  private Result begin(Scene scene, Optional<Secret> given, boolean force)
      throws Stop, ControlPlaneException {
    if (scene.open().flatMap(Rotation::newKey).isPresent()) {
      return goesOn(scene, scene.open().get());
    }
    if (given.map(Secret::value).filter(v -> REFERENCE.matcher(v).matches()).isPresent()) {
      throw new Stop(
          "the new password begins as what stands for a secret elsewhere (file:, env: or enc:)",
          "Choose another.");
    }
    Secret before = scene.place().settings().repositoryPassword().orElseThrow();
    boolean reference = reference().isPresent();
    if (reference && given.isEmpty()) {
      throw new Stop(
          "the setting repository_password is \""
              + scheme()
              + "\", and stands for a secret elsewhere",
          "Write the new password into a file of your own and name it with --new-password-file; what to"
              + " do with the setting is said then.");
    }
    // A housekeeper may have a way of its own to this repository, and no snapshots by which it
    // shows.
    parts.keysUsed().keyUsed(scene.place().repositoryId(), scene.current().id());
    List<String> strangers = rotations.strangers(scene.place().repositoryId());
    if (!strangers.isEmpty() && !force) {
      throw new Stop(
          "other repositories have the same password, and their devices would be locked out: "
              + String.join(", ", strangers),
          "Give each of them a repository_password of its own in settings first, or pause those that"
              + " are gone for good (UPDATE devices SET enabled = false); --force locks them out.");
    }
    Rotation rotation =
        rotations
            .begin(scene.place().repositoryId(), scene.current().id())
            .orElseThrow(PasswordRotation::overtaken);
    Secret after = given.orElseGet(DeviceLogins::newPassword);
    RepositoryKeys.Key added = add(scene, rotation, after);
    boolean rolledOut =
        rotations.rollOut(
            rotation,
            added.id(),
            parts.config().deviceId(),
            reference ? Optional.empty() : Optional.of(new Passwords(before, after)));
    if (!rolledOut) {
      throw overtaken();
    }
    return goesOn(scene, rotation);
  }

  private static Stop overtaken() {
    return new Stop(
        "the setting repository_password has changed meanwhile, or somebody else rotates it too",
        "Nothing is lost; look with --status, or call it again.");
  }

  private static String label(Rotation rotation) {
    return "holdfast-" + rotation.id();
  }

  /** A key of an attempt that was cut short has a password that nobody knows: it goes first. */
  private static RepositoryKeys.Key add(Scene scene, Rotation rotation, Secret after) throws Stop {
    for (RepositoryKeys.Key key : keys(scene)) {
      if (key.user().equals(label(rotation)) && !key.current()) {
        must(
            scene.keys().remove(scene.repository(), key),
            "a key that is left could not be removed");
      }
    }
    must(
        scene.keys().add(scene.repository(), after, label(rotation)),
        "the new key could not be added");
    Repository opened = scene.repository().withPassword(after);
    return scene
        .keys()
        .current(opened)
        .filter(key -> key.user().equals(label(rotation)))
        .orElseThrow(() ->
            new Stop(
                "the repository does not open with the new password",
                "Nothing is changed but one key more; call it again, with another password."));
  }

  /** Without the list nobody knows whether a key has gone. */
  private static List<RepositoryKeys.Key> keys(Scene scene) throws Stop {
    return scene
        .keys()
        .list(scene.repository())
        .orElseThrow(() ->
            new Stop(
                "the keys of the repository could not be listed",
                "Nothing is lost; call it again."));
  }

  private static void must(WorkReport report, String otherwise) throws Stop {
    if (!report.complete()) {
      throw new Stop(otherwise + ": " + report.reason(), "Nothing is lost; call it again.");
    }
  }

  private Result goesOn(Scene scene, Rotation rotation) throws ControlPlaneException {
    List<String> unknown = rotations.unknownKeys(rotation.repositoryId());
    return new Result.GoesOn(
        rotations.devices(rotation),
        reference(),
        rotations.doubtful(rotation.repositoryId()),
        scene.all().stream().filter(key -> unknown.stream().anyMatch(key::is)).toList());
  }

  private static Rotation rolledOut(Scene scene) throws Stop {
    return scene
        .open()
        .filter(rotation -> rotation.newKey().isPresent())
        .orElseThrow(() ->
            new Stop(
                "no new password is being rolled out",
                "'holdfast rotate-repository-password' begins one."));
  }

  private Result finish(Scene scene, boolean force, boolean removeOthers, boolean writtenDown)
      throws Stop, ControlPlaneException, InterruptedException {
    if (removeOthers
        && scene.open().isEmpty()
        && rotations
            .keyInUse(scene.place().repositoryId())
            .filter(scene.current()::is)
            .isPresent()) {
      return ended(scene, List.of(), true);
    }
    Rotation rotation = rolledOut(scene);
    if (!scene.current().is(rotation.newKey().orElseThrow())) {
      throw new Stop(
          "this device itself does not open the repository by the new key yet",
          "Put the new password where the setting repository_password says.");
    }
    List<DeviceLine> without =
        rotations.devices(rotation).stream().filter(device -> !device.usesNewKey()).toList();
    if (!without.isEmpty() && !force) {
      throw new Stop(
          "not all devices have used the new password yet: "
              + String.join(", ", without.stream().map(DeviceLine::deviceId).toList()),
          "Wait for them, or pause those that are gone for good"
              + " (UPDATE devices SET enabled = false); --force locks them out.");
    }
    if (!writtenDown && reference().isEmpty()) {
      throw new Stop(
          "the new password stands in this control plane alone, whose own backup is encrypted with it",
          "Write it down where none of these machines is: SELECT value FROM settings WHERE key ="
              + " 'repository_password' AND device_id IS NULL. Then call it with --finish"
              + " --written-down.");
    }
    for (RepositoryKeys.Key key : keys(scene)) {
      if (key.is(rotation.oldKey())) {
        Optional<String> kept = parts.keyRemoval().remove(scene.place(), key);
        if (kept.isPresent()) {
          throw new Stop("the old key could not be removed: " + kept.get(), "Call it again.");
        }
      }
    }
    rotations.finished(rotation, !without.isEmpty());
    return ended(scene, without, removeOthers);
  }

  /** The repository opens by the new key, and the old one is gone. */
  private Result ended(Scene scene, List<DeviceLine> without, boolean removeOthers)
      throws Stop, ControlPlaneException, InterruptedException {
    List<RepositoryKeys.Key> others = others(scene);
    if (removeOthers) {
      for (RepositoryKeys.Key key : others) {
        Optional<String> kept = parts.keyRemoval().remove(scene.place(), key);
        if (kept.isPresent()) {
          throw new Stop(
              "the old key is removed, but not the key " + key.id() + ": " + kept.get(),
              "Call it again, with --finish and --remove-others.");
        }
      }
    }
    parts.housekeepingBook().keys(scene.place().repositoryId(), Optional.empty(), keys(scene));
    return removeOthers
        ? new Result.Finished(without, others, others(scene))
        : new Result.Finished(without, List.of(), others);
  }

  /**
   * All but the one that is in use and those that an admin knows. The old password is no excuse.
   */
  private List<RepositoryKeys.Key> others(Scene scene) throws Stop, ControlPlaneException {
    List<String> meant = rotations.keysOfAdmins(scene.place().repositoryId());
    return keys(scene).stream()
        .filter(key -> !key.current() && meant.stream().noneMatch(key::is))
        .toList();
  }

  /** What the setting stands for, if it is not the password itself. */
  private Optional<String> reference() throws ControlPlaneException {
    return rotations
        .passwordSetting(parts.config().deviceId())
        .filter(value -> REFERENCE.matcher(value).matches());
  }

  private String scheme() throws ControlPlaneException {
    return reference().map(value -> value.startsWith("enc:") ? "enc:..." : value).orElse("");
  }

  @Override
  public void close() {
    rotations.close();
  }
}
