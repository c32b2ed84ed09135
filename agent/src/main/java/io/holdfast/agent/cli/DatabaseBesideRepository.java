package io.holdfast.agent.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The same as {@link DatabaseOptions}, where {@code --password-file} is the repository's already.
 */
final class DatabaseBesideRepository {

  @Option(
      names = "--database-url",
      paramLabel = "URL",
      description = "postgresql://host:port/database or a JDBC URL")
  private @Nullable String url;

  @Option(names = "--database-user", paramLabel = "USER", description = "the database user")
  private @Nullable String user;

  @Option(
      names = "--database-password-file",
      paramLabel = "FILE",
      description =
          "a file that holds the database's password alone; else PGPASSWORD or .pgpass counts, or it is"
              + " asked for")
  private @Nullable Path passwordFile;

  DatabaseOptions options() {
    return new DatabaseOptions(url, user, passwordFile);
  }
}
