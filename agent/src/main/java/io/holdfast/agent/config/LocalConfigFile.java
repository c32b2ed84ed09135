package io.holdfast.agent.config;

import io.holdfast.agent.config.YamlFile.Entry;
import io.holdfast.agent.files.FileFaults;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.location.RepositoryUrl;
import io.holdfast.agent.location.UrlFault;
import io.holdfast.agent.secret.Recipient;
import io.holdfast.agent.secret.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the machine's configuration file; docs/configuration.md describes it. */
public final class LocalConfigFile {

  private static final Pattern DEVICE_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private static final String DUMP = "control_plane_dump";

  /** The value of a list that allows nothing. */
  private static final String NONE = "none";

  /** By their section; those outside of any have the empty one. */
  static final Map<String, Set<String>> KEYS =
      Map.of(
          "",
          Set.of("state_directory"),
          "device",
          Set.of("id", "name"),
          "database",
          Set.of("url", "user", "password", "password_file"),
          "restic",
          Set.of("path", "releases"),
          LogSection.NAME,
          LogSection.KEYS,
          "policy",
          Set.of(
              "source_roots",
              "restic_args",
              "repositories",
              "rclone_remotes",
              "cache_roots",
              "restore_roots"),
          DUMP,
          Set.of("url", "user", "password_file", "pg_dump", DumpRecipients.KEY));

  private static final Set<String> LISTS =
      Set.of(
          DUMP + "." + DumpRecipients.KEY,
          "policy.source_roots",
          "policy.restic_args",
          "policy.repositories",
          "policy.rclone_remotes",
          "policy.cache_roots",
          "policy.restore_roots");

  private final Path file;
  private final Environment environment;
  private final YamlFile yaml;
  private final List<String> warnings = new ArrayList<>();

  private LocalConfigFile(Path file, Environment environment) {
    this.file = file;
    this.environment = environment;
    yaml = new YamlFile(file, KEYS, LISTS);
  }

  /**
   * The file that counts if the command line names none: HOLDFAST_CONFIG, else the platform's usual
   * place.
   */
  public static Path usualPlace(Environment environment) {
    return environment.variable("HOLDFAST_CONFIG").map(Path::of).orElseGet(environment::configFile);
  }

  /**
   * @throws InvalidConfig with all that is wrong, each finding with its line and its remedy
   */
  public static LocalConfig load(Path file, Environment environment) throws InvalidConfig {
    return new LocalConfigFile(file, environment).load();
  }

  private LocalConfig load() throws InvalidConfig {
    yaml.read(content());
    if (!yaml.isReadable()) {
      throwFindings();
    }
    Optional<String> id = deviceId();
    Optional<DatabaseAddress> database = database("database");
    Optional<ControlPlaneDumpSection> dump = controlPlaneDump();
    LogSection log = LogSection.read(yaml, environment.logFile());
    Optional<Path> restic = path("restic.path");
    Path state = path("state_directory").orElseGet(environment::stateDirectory);
    Policy policy =
        new Policy(
            directories("source_roots"),
            rule("restic_args"),
            repositories(),
            rule("rclone_remotes"),
            directories("cache_roots"),
            directories("restore_roots"),
            dump.isPresent());
    throwFindings();
    warnAboutSecrets();
    return new LocalConfig(
        file,
        id.orElseThrow(),
        text("device.name").orElse(id.get()),
        database.orElseThrow(),
        restic,
        text("restic.releases"),
        state,
        policy,
        log,
        dump,
        warnings);
  }

  private String content() throws InvalidConfig {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new InvalidConfig(
          List.of(
              file
                  + ": there is no such configuration file. Run 'holdfast register' to write one,"
                  + " or name another with --config."));
    } catch (IOException e) {
      throw new InvalidConfig(
          List.of(
              file
                  + ": the configuration file cannot be read ("
                  + FileFaults.words(e)
                  + "). Run the command as the agent's user, with sudo perhaps, or mend the file."));
    }
  }

  private void throwFindings() throws InvalidConfig {
    if (!yaml.findings().isEmpty()) {
      throw new InvalidConfig(yaml.findings());
    }
  }

  /** A path from the root on: a relative one would be another place for the daemon than by hand. */
  private Optional<Path> path(String name) {
    return yaml.entry(name)
        .filter(entry -> !entry.value().isBlank())
        .flatMap(entry -> {
          if (AbsolutePath.is(entry.value())) {
            return Optional.of(Path.of(entry.value()));
          }
          notAbsolute(name, entry.value(), entry.line());
          return Optional.empty();
        });
  }

  private void notAbsolute(String name, String value, int line) {
    yaml.finding(
        line,
        name + " \"" + value + "\" is no absolute path",
        "Write it from the root on; ~ and variables are replaced by a shell alone, which does not"
            + " read this file.");
  }

  /** The same for directories with commas between them. */
  private Optional<Policy.Rule> directories(String name) {
    yaml.items("policy." + name).stream()
        .filter(entry -> !entry.value().equals(NONE) && !AbsolutePath.is(entry.value()))
        .forEach(entry -> notAbsolute("policy." + name, entry.value(), entry.line()));
    return rule(name);
  }

  private Optional<String> text(String name) {
    return yaml.entry(name).map(Entry::value).filter(value -> !value.isBlank());
  }

  /** A list, or values with commas between them; {@code none} allows nothing. */
  private Optional<Policy.Rule> rule(String name) {
    return yaml.listLine("policy." + name)
        .map(line ->
            new Policy.Rule(
                yaml.items("policy." + name).stream()
                    .map(Entry::value)
                    .filter(value -> !value.equals(NONE))
                    .toList(),
                file + ":" + line));
  }

  /** A rule that names no place permits none; the entry may hold a password and is not shown. */
  private Optional<Policy.Rule> repositories() {
    Optional<Policy.Rule> rule = rule("repositories");
    rule.ifPresent(found -> {
      for (int i = 0; i < found.allowed().size(); i++) {
        if (RepositoryUrl.read(found.allowed().get(i))
            instanceof RepositoryUrl.Read.Bad(UrlFault fault)) {
          warnings.add(
              found.line()
                  + ": entry "
                  + (i + 1)
                  + " of policy.repositories permits nothing, since it "
                  + fault.why()
                  + ". "
                  + fault.remedy());
        }
      }
    });
    return rule;
  }

  private Optional<String> deviceId() {
    Optional<String> id = text("device.id");
    if (id.isEmpty()) {
      if (yaml.isFaulty("device.id")) {
        return id;
      }
      yaml.finding(
          yaml.line("device"),
          "device.id is missing",
          "Name this device: a short text that no other device has and that never changes.");
    } else if (!DEVICE_ID.matcher(id.get()).matches()) {
      yaml.finding(
          yaml.entry("device.id").orElseThrow().line(),
          "device.id \"" + id.get() + "\" is not allowed",
          "Use letters, digits, '.', '_' and '-', 128 at most, the first a letter or digit.");
      return Optional.empty();
    }
    return id;
  }

  private Optional<ControlPlaneDumpSection> controlPlaneDump() {
    if (!yaml.has(DUMP)) {
      return Optional.empty();
    }
    List<Recipient> recipients = DumpRecipients.read(yaml, DUMP);
    return database(DUMP)
        .map(address -> new ControlPlaneDumpSection(address, path(DUMP + ".pg_dump"), recipients));
  }

  private Optional<DatabaseAddress> database(String section) {
    Optional<Entry> url = yaml.entry(section + ".url").filter(entry -> !entry.value().isBlank());
    if (url.isEmpty()) {
      if (yaml.isFaulty(section + ".url")) {
        return Optional.empty();
      }
      yaml.finding(
          yaml.line(section),
          section + ".url is missing",
          "Write where the control plane is: postgresql://host:5432/database.");
      return Optional.empty();
    }
    try {
      DatabaseAddress address =
          DatabaseUrl.parse(url.get().value()).withUser(text(section + ".user"));
      warnAboutFile(section, address);
      warnAboutServer(section, address);
      Optional<Path> inFile = path(section + ".password_file");
      return Optional.of(address.withPassword(password(section, address, inFile), inFile));
    } catch (InvalidDatabaseUrl e) {
      yaml.finding(
          url.get().line(),
          section + ".url cannot be used: " + e.getMessage(),
          "docs/configuration.md shows both forms.");
      return Optional.empty();
    }
  }

  /** The first of: the file's own password, its password file, the URL's, PGPASSWORD, .pgpass. */
  private Optional<Secret> password(
      String section, DatabaseAddress address, Optional<Path> inFile) {
    Optional<String> inline = text(section + ".password");
    if (inline.isPresent() && inFile.isPresent()) {
      yaml.finding(
          yaml.entry(section + ".password_file").orElseThrow().line(),
          section + ".password and " + section + ".password_file are both there",
          "Keep one of them, better the file.");
    }
    if (inFile.isPresent()) {
      return fromFile(
          section, inFile.get(), yaml.entry(section + ".password_file").orElseThrow().line());
    }
    return inline
        .map(Secret::new)
        .or(address::password)
        .or(() -> environment.variable("PGPASSWORD").map(Secret::new))
        .or(() -> PasswordFile.of(environment).password(address, environment.userName(), warnings));
  }

  private Optional<Secret> fromFile(String section, Path secretFile, int line) {
    try {
      Secret content = DatabaseAddress.readPassword(secretFile);
      if (FileAccess.othersCanRead(secretFile)) {
        warnings.add(
            secretFile
                + ": others can read this file, and it holds a password. Run 'chmod 600 "
                + secretFile
                + "'.");
      }
      if (DatabaseAddress.hasBlanksAround(content)) {
        warnings.add(
            secretFile
                + ": the password in it "
                + DatabaseAddress.BLANKS_AROUND
                + ". Write it without, unless they belong to it.");
      }
      return Optional.of(content);
    } catch (IOException e) {
      yaml.finding(
          line,
          section
              + ".password_file "
              + secretFile
              + " cannot be read ("
              + FileFaults.words(e)
              + ")",
          "Check the path, and that the agent's user may read it.");
      return Optional.empty();
    }
  }

  private void warnAboutFile(String section, DatabaseAddress address) {
    boolean holdsPassword =
        text(section + ".password").isPresent() || address.password().isPresent();
    if (holdsPassword && FileAccess.othersCanRead(file)) {
      warnings.add(
          file
              + ": others can read this file, and it holds a password. Run 'chmod 600 "
              + file
              + "'.");
    }
  }

  /** What settings refer to, and the fleet's key. */
  private void warnAboutSecrets() {
    Path directory = LocalConfig.secretsBeside(file.toAbsolutePath());
    if (!FileAccess.othersCanEnter(directory)) {
      return;
    }
    try (Stream<Path> secrets = Files.walk(directory)) {
      secrets
          .filter(secret -> Files.isRegularFile(secret) && FileAccess.othersCanRead(secret))
          .sorted()
          .forEach(secret ->
              warnings.add(
                  secret
                      + ": others can read this file, and it holds a secret. Run 'chmod 700 "
                      + directory
                      + "' and 'chmod 600 "
                      + secret
                      + "'."));
    } catch (IOException | UncheckedIOException e) {
      warnings.add(
          directory + ": what it holds cannot be listed, so nobody knows who may read it.");
    }
  }

  private void warnAboutServer(String section, DatabaseAddress address) {
    String place = section + ".url";
    address
        .gap()
        .ifPresent(gap ->
            warnings.add(
                file
                    + ":"
                    + yaml.entry(place).map(Entry::line).orElse(1)
                    + ": "
                    + gap
                    + ". "
                    + LocalConfig.remedyForGap(place)));
  }
}
