package io.holdfast.agent.cli;

import io.holdfast.agent.daemon.RecoverySource;
import io.holdfast.agent.restic.Repository;
import io.holdfast.agent.secret.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A repository that a person names; its password never stands on the command line. */
final class RepositoryByHand {

  @Option(
      names = {"-r", "--repository"},
      paramLabel = "URL",
      description = "as restic has it; else HOLDFAST_REPOSITORY or RESTIC_REPOSITORY")
  private @Nullable String url;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description =
          "a file that holds the repository's password alone; - for standard input; else asked for")
  private @Nullable String passwordFile;

  @Option(
      names = "--no-lock",
      description =
          "read the repository without locking it: where it cannot be written, or where a lock is known to"
              + " be dead")
  private boolean noLock;

  RecoverySource.Known known(Optional<Path> restic) {
    Secret place = place();
    return new RecoverySource.Known(place, password(), restic, System.getenv(), !noLock);
  }

  private Secret place() {
    if (url != null && Repository.holdsPassword(url)) {
      throw usage(
          "the URL of --repository holds a password, and other users can read command lines",
          "Put the URL into the variable HOLDFAST_REPOSITORY instead.");
    }
    return Stream.of(
            Optional.ofNullable(url),
            Optional.ofNullable(System.getenv("HOLDFAST_REPOSITORY")),
            Optional.ofNullable(System.getenv("RESTIC_REPOSITORY")))
        .flatMap(Optional::stream)
        .filter(given -> !given.isBlank())
        .findFirst()
        .map(given -> new Secret(given.strip()))
        .orElseThrow(() ->
            usage(
                "it is not said which repository",
                "Give --repository URL, such as sftp:backup@nas:/srv/restic, or set"
                    + " HOLDFAST_REPOSITORY."));
  }

  private Secret password() {
    String given = passwordFile == null ? asked() : passwordFile.equals("-") ? line() : content();
    if (given.isBlank()) {
      throw usage("the repository's password is empty", "Give the one that the repository has.");
    }
    return new Secret(given);
  }

  private static String asked() {
    return Typed.hidden("password of the repository")
        .orElseThrow(() ->
            usage(
                "it is not said what the repository's password is",
                "Give --password-file FILE, or - to read it from standard input."));
  }

  private static String line() {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      return Objects.requireNonNullElse(in.readLine(), "");
    } catch (IOException e) {
      throw usage("the password cannot be read from standard input", "It must be UTF-8.");
    }
  }

  private String content() {
    Path file = Path.of(Objects.requireNonNull(passwordFile));
    try {
      return Files.readString(file).replaceFirst("\\R\\z", "");
    } catch (IOException e) {
      throw usage(
          "--password-file " + file + " cannot be read", "Check the path and its permissions.");
    }
  }

  private static CommandFailure usage(String message, String remedy) {
    return new CommandFailure(ExitCode.USAGE, message, remedy);
  }
}
