package io.holdfast.agent.cli;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.config.DatabaseUrl;
import io.holdfast.agent.config.EnrolmentToken;
import io.holdfast.agent.config.Environment;
import io.holdfast.agent.config.InvalidConfig;
import io.holdfast.agent.config.InvalidDatabaseUrl;
import io.holdfast.agent.config.LocalConfig;
import io.holdfast.agent.config.PasswordFile;
import io.holdfast.agent.postgres.Database;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** A database named on the command line; its password never is. */
final class DatabaseOptions {

  private static final Logger log = LoggerFactory.getLogger("config");
  private static final String OPTION = "--database-url";

  @Option(
      names = OPTION,
      paramLabel = "URL",
      description = "postgresql://host:port/database or a JDBC URL")
  private @Nullable String url;

  @Option(names = "--database-user", paramLabel = "USER", description = "the database user")
  private @Nullable String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description =
          "a file that holds the password alone; else PGPASSWORD or .pgpass counts, or it is asked for")
  private @Nullable Path passwordFile;

  DatabaseOptions() {}

  /** As options of other names say. */
  DatabaseOptions(@Nullable String url, @Nullable String user, @Nullable Path passwordFile) {
    this.url = url;
    this.user = user;
    this.passwordFile = passwordFile;
  }

  Optional<String> url() {
    return Optional.ofNullable(url);
  }

  Optional<String> user() {
    return Optional.ofNullable(user);
  }

  Optional<Path> passwordFile() {
    return Optional.ofNullable(passwordFile).map(Path::toAbsolutePath);
  }

  boolean given() {
    return url != null || user != null || passwordFile != null;
  }

  /**
   * The database that an admin means. His machine may have no configuration file, and needs none if
   * the options name the database.
   */
  DatabaseAddress orConfigured(ConfigOption config) throws InvalidConfig {
    DatabaseAddress address =
        over(
            url == null ? Optional.of(config.load().database()) : Optional.empty(),
            config.environment());
    boolean asks = address.currentPassword().isEmpty() && Typed.isPossible();
    return asks && Database.lacksPassword(address) ? asked(address) : address;
  }

  /** As psql does it: only when the server wants a password that nothing else has given. */
  private static DatabaseAddress asked(DatabaseAddress address) {
    return Typed.hidden(
            "password of "
                + address.user().map(user -> "\"" + user + "\"").orElse("the login")
                + " for "
                + address.display())
        .filter(typed -> !typed.isEmpty())
        .map(typed -> address.withPassword(new Secret(typed)))
        .orElse(address);
  }

  /**
   * The database that the options name, with what they leave open taken from the configuration's.
   */
  private DatabaseAddress over(Optional<DatabaseAddress> configured, Environment environment) {
    DatabaseAddress base = base(configured);
    boolean sameUser = user == null || base.user().filter(user::equals).isPresent();
    Optional<Secret> password =
        passwordFile()
            .map(DatabaseOptions::read)
            .or(() -> sameUser ? base.password() : Optional.empty())
            .or(() ->
                Optional.ofNullable(environment.variables().get("PGPASSWORD")).map(Secret::new));
    DatabaseAddress address =
        new DatabaseAddress(base.jdbcUrl(), user().or(base::user), password, base.display());
    return password.isPresent() ? address : fromUsualFile(address, environment);
  }

  private static DatabaseAddress fromUsualFile(DatabaseAddress address, Environment environment) {
    List<String> warnings = new ArrayList<>();
    DatabaseAddress found =
        PasswordFile.of(environment)
            .password(address, environment.userName(), warnings)
            .map(address::withPassword)
            .orElse(address);
    warnings.forEach(warning -> log.warn("{}", warning));
    return found;
  }

  /** The control plane of the token, or the one that the options name in its place. */
  DatabaseAddress of(EnrolmentToken token) {
    DatabaseAddress address =
        url == null ? parse(token.databaseUrl(), "the token's URL") : parse(url, OPTION);
    return address.as(token.user(), token.password());
  }

  private DatabaseAddress base(Optional<DatabaseAddress> configured) {
    if (url == null) {
      return configured.orElseThrow(() ->
          new CommandFailure(
              ExitCode.USAGE,
              "no database is named",
              "Give --database-url, or a configuration file that names one."));
    }
    return parse(url, OPTION);
  }

  private static DatabaseAddress parse(String url, String where) {
    try {
      DatabaseAddress address = DatabaseUrl.parse(url);
      address.gap().ifPresent(gap -> log.warn("{}. {}", gap, LocalConfig.remedyForGap(where)));
      return address;
    } catch (InvalidDatabaseUrl e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          where + " cannot be used: " + e.getMessage(),
          "docs/configuration.md shows both forms.");
    }
  }

  private static Secret read(Path file) {
    try {
      return DatabaseAddress.readPassword(file);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--password-file " + file + " cannot be read",
          "Check the path and its permissions.");
    }
  }
}
