package io.holdfast.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * The account that PostgreSQL's programs run under. PostgreSQL refuses to run as root, so root
 * needs another account for it: a user namespace where the machine permits them, else the user
 * nobody.
 */
enum ServerAccount {
  /** The account that we run under ourselves. */
  OWN,

  /** An unprivileged user within a user namespace, who still owns root's files. */
  USER_NAMESPACE,

  /** The user nobody, for chroots and containers. It reaches only what every user reaches. */
  NOBODY;

  /** Where root keeps what the user nobody has to reach. Only root may write there. */
  static final Path SHARED = Path.of("/var/cache/holdfast-embedded-postgres");

  /**
   * Chooses the account for this process.
   *
   * @throws IOException if this process is root and the machine permits no other account
   */
  static ServerAccount forThisProcess() throws IOException {
    if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      return OWN;
    }
    for (ServerAccount account : List.of(USER_NAMESPACE, NOBODY)) {
      if (account.isPermitted()) {
        return account;
      }
    }
    throw new IOException(
        "PostgreSQL refuses to run as root, and this machine permits neither 'unshare --user' nor"
            + " 'setpriv --reuid=nobody' (package util-linux): start this as an ordinary user");
  }

  private boolean isPermitted() {
    try {
      return Output.of(command(List.of("true"))).succeeded();
    } catch (IOException e) {
      // The program is not installed.
      return false;
    }
  }

  /** The command line that runs this one under the account. */
  List<String> command(List<String> command) {
    List<String> prefix =
        switch (this) {
          case OWN -> List.of();
          case USER_NAMESPACE -> List.of("unshare", "--user");
          case NOBODY -> List.of("setpriv", "--reuid=nobody", "--regid=65534", "--clear-groups");
        };
    return Stream.concat(prefix.stream(), command.stream()).toList();
  }

  /**
   * Makes an empty directory that the account may write to. Where the user nobody cannot reach it,
   * as below /root, the directory lies in {@link #SHARED} and a symbolic link shows the way.
   *
   * @return the path by which the account reaches the directory
   */
  Path makeDirectory(Path directory) throws IOException {
    Path parent = Files.createDirectories(directory.toAbsolutePath().getParent());
    Path place = directory;
    if (this == NOBODY && !reaches(parent)) {
      place = makeShared("data-");
      Files.createSymbolicLink(directory, place);
    } else {
      Files.createDirectories(directory);
    }
    give(place);
    return place;
  }

  private boolean reaches(Path directory) throws IOException {
    return Output.of(command(List.of("test", "-x", directory.toString()))).succeeded();
  }

  private static Path makeShared(String prefix) throws IOException {
    Files.createDirectories(SHARED);
    Files.setPosixFilePermissions(SHARED, PosixFilePermissions.fromString("rwxr-xr-x"));
    return Files.createTempDirectory(SHARED, prefix);
  }

  /** Makes the account the owner of an existing directory. */
  void give(Path directory) throws IOException {
    if (this == NOBODY) {
      Output chown = Output.of(List.of("chown", "nobody:65534", directory.toString()));
      if (!chown.succeeded()) {
        throw new IOException("the user nobody cannot be given a directory: " + chown.text());
      }
    }
  }

  /** The directory that holds the unpacked programs of every version. */
  Path programs() {
    if (this == NOBODY) {
      return SHARED;
    }
    String cache = System.getenv("XDG_CACHE_HOME");
    Path caches =
        cache != null && !cache.isBlank()
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return caches.resolve("holdfast/embedded-postgres");
  }

  /** Removes a directory with all that is in it, through the link if it is one. */
  static void remove(Path directory) throws IOException {
    Path place = directory.toRealPath();
    FileUtils.deleteDirectory(place.toFile());
    Files.deleteIfExists(directory);
  }
}
