package io.holdfast.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of the PostgreSQL that Maven's artifacts bring, ready to run under an account that
 * PostgreSQL accepts. Unpacked once, below {@code ~/.cache/holdfast} or where {@code
 * HOLDFAST_EMBEDDED_POSTGRES_DIRECTORY} says; never in a shared temporary directory, where others
 * could plant programs and cleaners remove single files.
 */
public final class PostgresPrograms {

  /** Names another directory for the unpacked programs. */
  public static final String DIRECTORY_VARIABLE = "HOLDFAST_EMBEDDED_POSTGRES_DIRECTORY";

  private static final class Holder {
    private static final PostgresPrograms SHARED = locate();

    private static PostgresPrograms locate() {
      try {
        return new PostgresPrograms();
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }
  }

  private final ServerAccount account;
  private final Path directory;

  private PostgresPrograms() throws IOException {
    account = ServerAccount.forThisProcess();
    Path base = base(account);
    try {
      directory = UnpackedPrograms.in(base, archive());
    } catch (IOException e) {
      throw new IOException(
          "PostgreSQL cannot be unpacked into "
              + base
              + " ("
              + Reasons.of(e)
              + "): make room there, or name another directory in "
              + DIRECTORY_VARIABLE,
          e);
    }
    Output version = Output.of(command("postgres", "--version"));
    if (!version.succeeded()) {
      throw new IOException(
          "PostgreSQL's programs do not run from "
              + directory
              + " ("
              + version.text()
              + "): name a directory that permits programs in "
              + DIRECTORY_VARIABLE);
    }
  }

  private static Path base(ServerAccount account) {
    String named = System.getenv(DIRECTORY_VARIABLE);
    return named != null && !named.isBlank() ? Path.of(named) : account.programs();
  }

  private static URL archive() throws IOException {
    String architecture = System.getProperty("os.arch").equals("amd64") ? "x86_64" : "arm_64";
    String name = "postgres-linux-" + architecture + ".txz";
    URL archive = PostgresPrograms.class.getClassLoader().getResource(name);
    if (archive == null) {
      throw new IOException(
          "there is no embedded PostgreSQL for "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch"));
    }
    return archive;
  }

  /**
   * The programs, unpacked at the first call in this JVM.
   *
   * @throws UncheckedIOException whose message says why they cannot be had
   */
  public static PostgresPrograms unpacked() {
    return Holder.SHARED;
  }

  /** The command line of one of the programs, under the account. */
  public List<String> command(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(directory.resolve("bin").resolve(program).toString());
    command.addAll(List.of(arguments));
    return account.command(command);
  }

  /**
   * Makes a data directory by {@code initdb}, with the superuser {@code postgres}. The machine's
   * own locale plays no part: it may be one that was never generated.
   *
   * @param directory must not exist, or be empty
   * @param options of initdb besides
   * @return the path by which PostgreSQL reaches the data directory
   * @throws IOException if initdb fails; the message has what it said
   */
  public Path makeCluster(Path directory, String... options) throws IOException {
    Path data = account.makeDirectory(directory);
    List<String> arguments = new ArrayList<>(List.of("--pgdata=" + data));
    arguments.addAll(List.of("--username=postgres", "--auth=trust", "--encoding=UTF8"));
    arguments.addAll(List.of("--locale=C", "--no-sync", "--no-instructions"));
    arguments.addAll(List.of(options));
    Output initdb = Output.of(command("initdb", arguments.toArray(String[]::new)));
    if (!initdb.succeeded()) {
      throw new IOException("initdb failed in " + directory + ": " + initdb.text());
    }
    return data;
  }

  /**
   * Makes an empty directory that PostgreSQL may write to.
   *
   * @return the path by which PostgreSQL reaches it
   */
  public Path makeDirectory(Path missing) throws IOException {
    return account.makeDirectory(missing);
  }

  /** Lets PostgreSQL write to an existing directory. */
  public void give(Path existing) throws IOException {
    account.give(existing);
  }
}
