package io.holdfast.agent.secret;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The secrets that this machine can resolve: {@code file:NAME}, the file {@code SETTING.NAME} in
 * its secrets directory; {@code env:NAME} of the agent's own environment; {@code enc:...} by the
 * fleet's key, which lies in that directory too. Each can be had only for the setting that it is
 * meant for: a password that were taken for a URL would come back in the message of whatever cannot
 * reach it. Nothing else of the machine can be named, whoever writes the setting.
 */
public final class MachineSecrets implements SecretSource {

  /** The file of the fleet's keys, in the secrets directory. */
  public static final String KEY_FILE = "fleet.key";

  /** The settings that may be such a reference; everything else in a row is what it says. */
  public static final List<String> SETTINGS =
      List.of("repository_password", "repository_url", "repository_environment");

  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final String VARIABLE = "HOLDFAST_SECRET_";
  private static final Pattern REST_OF_VARIABLE = Pattern.compile("|_[A-Z0-9_]{1,64}");

  private final Path directory;
  private final Map<String, String> variables;

  /**
   * @param directory where the machine keeps what settings refer to; need not exist
   * @param variables the agent's own environment
   */
  public MachineSecrets(Path directory, Map<String, String> variables) {
    this.directory = directory;
    this.variables = Map.copyOf(variables);
  }

  @Override
  public Found find(String settingKey, String value) {
    if (value.startsWith("file:")) {
      return inFile(settingKey, value.substring("file:".length()));
    }
    if (value.startsWith("env:")) {
      return inEnvironment(settingKey, value.substring("env:".length()));
    }
    if (value.startsWith(FleetKeys.PREFIX)) {
      return encrypted(settingKey, value);
    }
    return new Found.Plain(new Secret(value));
  }

  /** The name of the file that {@code file:NAME} stands for. */
  public static String fileName(String settingKey, String name) {
    return settingKey + "." + name;
  }

  private Found inFile(String settingKey, String name) {
    if (!FILE_NAME.matcher(name).matches() || name.equals(KEY_FILE)) {
      return new Found.Missing(
          "refers to a file by a name that is not allowed",
          "Write file:NAME for the file "
              + fileName(settingKey, "NAME")
              + " in "
              + directory
              + ", without any directory.");
    }
    Path file = directory.resolve(fileName(settingKey, name));
    try {
      return new Found.Plain(new Secret(Files.readString(file).replaceFirst("\\R\\z", "")));
    } catch (NoSuchFileException e) {
      return missing(file, directory.resolve(name));
    } catch (IOException e) {
      return new Found.Missing(
          "refers to the file " + file + ", which cannot be read",
          "Let the agent's user read it; it must be text in UTF-8.");
    }
  }

  /** Before a file's name said what it is for, it was the name alone. */
  private static Found missing(Path file, Path olderName) {
    String why = "refers to the file " + file + ", which is not there";
    boolean saysItsPurpose = olderName.getFileName().toString().startsWith("repository_");
    return Files.exists(olderName) && !saysItsPurpose
        ? new Found.Missing(
            why,
            "If it is what "
                + olderName
                + " holds, give that file its new name: mv "
                + olderName
                + " "
                + file)
        : new Found.Missing(why, "Put the secret into that file.");
  }

  private Found inEnvironment(String settingKey, String name) {
    String begin = VARIABLE + settingKey.toUpperCase(Locale.ROOT);
    if (!name.startsWith(begin)
        || !REST_OF_VARIABLE.matcher(name.substring(begin.length())).matches()) {
      return new Found.Missing(
          "refers to a variable by a name that is not allowed for it",
          "Give the variable of the agent's service the name "
              + begin
              + ", or one that begins with "
              + begin
              + "_, and write that name.");
    }
    return Optional.ofNullable(variables.get(name))
        .<Found>map(value -> new Found.Plain(new Secret(value)))
        .orElseGet(() ->
            new Found.Missing(
                "refers to the variable " + name + ", which the agent does not have",
                "Set it for the agent's service, and start that anew."));
  }

  private Found encrypted(String settingKey, String value) {
    Path file = directory.resolve(KEY_FILE);
    try {
      return FleetKeys.load(file)
          .decrypt(settingKey, value)
          .<Found>map(Found.Plain::new)
          .orElseGet(() ->
              new Found.Missing(
                  "is encrypted with a key that is not in " + file + ", or for another setting",
                  "Put the key into that file, or encrypt the value anew: holdfast secret encrypt."));
    } catch (NoSuchFileException e) {
      return new Found.Missing(
          "is encrypted, and this machine has no " + file,
          "Copy the fleet's key file there, readable by the agent's user alone.");
    } catch (IOException e) {
      return new Found.Missing(
          "is encrypted, and " + file + " cannot be used: " + e.getMessage(),
          "Look at that file; 'holdfast secret new-key' shows what a line of it looks like.");
    }
  }
}
