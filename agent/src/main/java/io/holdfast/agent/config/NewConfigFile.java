package io.holdfast.agent.config;

import io.holdfast.agent.files.OwnersOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The configuration file that {@code holdfast register} writes.
 *
 * @param passwordFile where the database password lies; the file itself never holds one
 */
public record NewConfigFile(
    String deviceId,
    String deviceName,
    String databaseUrl,
    Optional<String> databaseUser,
    Optional<Path> passwordFile,
    Optional<Path> resticPath,
    Optional<Path> stateDirectory) {

  /**
   * Writes the file, readable by its owner alone, and the directories above it.
   *
   * @throws java.nio.file.FileAlreadyExistsException if it is there already: it is never
   *     overwritten
   */
  public void write(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Files.createFile(file, OwnersOnly.at(file));
    Files.writeString(file, render(), StandardOpenOption.TRUNCATE_EXISTING);
  }

  String render() {
    StringBuilder yaml = new StringBuilder();
    yaml.append(
        "# Holdfast's configuration of this machine; docs/configuration.md describes every key.\n");
    yaml.append("device:\n");
    entry(yaml, "  id", deviceId);
    entry(yaml, "  name", deviceName);
    yaml.append("database:\n");
    entry(yaml, "  url", databaseUrl);
    databaseUser.ifPresent(user -> entry(yaml, "  user", user));
    if (passwordFile.isPresent()) {
      entry(yaml, "  password_file", passwordFile.get().toString());
    } else {
      yaml.append(
          "  # password_file: /etc/holdfast/database-password   # or PGPASSWORD, or .pgpass\n");
    }
    resticPath.ifPresent(path -> {
      yaml.append("restic:\n");
      entry(yaml, "  path", path.toString());
    });
    stateDirectory.ifPresent(path -> entry(yaml, "state_directory", path.toString()));
    return yaml.toString();
  }

  /** Single quotes: nothing but the quote itself has a meaning within them. */
  private static void entry(StringBuilder yaml, String key, String value) {
    yaml.append(key).append(": '").append(value.replace("'", "''")).append("'\n");
  }
}
