package io.holdfast.agent.config;

import io.holdfast.agent.files.OwnersOnly;
import io.holdfast.agent.location.RepositoryUrl;
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

  /**
   * Adds to a file that was just written where backups of this machine may go.
   *
   * @param repository the first that the machine has seen; empty if there was none, or none that
   *     its URL alone would tell
   */
  public static void bind(Path file, Optional<RepositoryUrl> repository) throws IOException {
    Files.writeString(file, policy(ruleOf(repository)), StandardOpenOption.APPEND);
  }

  /** How the place is written there, if it can be: what has commas would be several. */
  static Optional<String> ruleOf(Optional<RepositoryUrl> repository) {
    return repository
        .filter(url -> url.namedByVariables().isEmpty())
        .map(RepositoryUrl::asRule)
        .filter(rule -> !rule.contains(","));
  }

  static String policy(Optional<String> rule) {
    StringBuilder yaml = new StringBuilder();
    if (rule.isPresent()) {
      yaml.append(
          """
          policy:
            # The repository that this machine was registered with. Its backups go there and to what is below it, and
            # nowhere else, whatever the control plane says. Add others with commas between; 'holdfast register' never
            # changes this line. docs/configuration.md, "The machine's own policy".
          """);
      entry(yaml, "  repositories", rule.get());
    } else {
      yaml.append(
          """
          # policy:
          #   Without this the control plane may send backups of this machine anywhere:
          #   repositories: sftp:backup@nas:/srv/restic
          """);
    }
    return yaml.toString();
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
