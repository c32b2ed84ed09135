package io.holdfast.agent.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A directory with everything in it that a backup may stumble over, and a full account of one. */
public final class OddTree {

  private static final LinkOption ITSELF = LinkOption.NOFOLLOW_LINKS;

  /** What a shell, a terminal, a list or a flag could take for something else. */
  private static final List<String> NAMES =
      List.of(
          "with space",
          " leading and trailing ",
          "new\nline",
          "tab\tand\r",
          "\u00e9 composed",
          "e\u0301 decomposed",
          "\u65e5\u672c\u8a9e \ud83d\udcbe",
          "-r",
          "--help",
          "*?[a-z]{}",
          "back\\slash",
          "quote\"and'",
          "$HOME",
          "#comment",
          "~",
          ".hidden",
          "\u001b[31mred",
          "a".repeat(255),
          "\u00e4".repeat(127));

  private OddTree() {}

  /** Makes it; only root can give files to others, and read what nobody may read. */
  public static void plant(Path root) throws IOException {
    Files.createDirectories(root);
    for (String name : NAMES) {
      Files.writeString(root.resolve(name), "content of " + name.length());
      Path below = Files.createDirectories(root.resolve("dirs").resolve(name));
      Files.writeString(below.resolve("file"), name);
    }
    Files.createDirectories(root.resolve("empty/also empty"));
    Files.createFile(root.resolve("no bytes"));
    shell(root, "printf x > \"$(printf '\\377\\376 no UTF-8')\"; mkfifo fifo");
    contents(root);
    links(root);
    rightsAndTimes(root);
  }

  private static void contents(Path root) throws IOException {
    byte[] large = new byte[3 << 20];
    new Random(4).nextBytes(large);
    Files.write(root.resolve("large"), large);
    try (var sparse =
        Files.newByteChannel(
            root.resolve("sparse"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      sparse
          .position(16 << 20)
          .write(ByteBuffer.wrap("in the middle".getBytes(StandardCharsets.UTF_8)));
      sparse.position(32 << 20).write(ByteBuffer.wrap(new byte[] {1}));
    }
    UserDefinedFileAttributeView attributes =
        Files.getFileAttributeView(root.resolve("large"), UserDefinedFileAttributeView.class);
    attributes.write("comment", ByteBuffer.wrap("\u00e9".getBytes(StandardCharsets.UTF_8)));
    attributes.write("binary", ByteBuffer.wrap(new byte[] {0, (byte) 0xff, 10, 0}));
    Files.getFileAttributeView(root.resolve("empty"), UserDefinedFileAttributeView.class)
        .write("of.a.directory", ByteBuffer.wrap(new byte[] {1}));
  }

  private static void links(Path root) throws IOException {
    Files.createLink(root.resolve("hard link"), root.resolve("large"));
    Files.createLink(root.resolve("dirs/hard link"), root.resolve("large"));
    Files.createSymbolicLink(root.resolve("to file"), Path.of("large"));
    Files.createSymbolicLink(root.resolve("to directory"), Path.of("dirs"));
    Files.createSymbolicLink(root.resolve("dangling"), Path.of("/not there/at all"));
    Files.createSymbolicLink(root.resolve("to itself"), Path.of("to itself"));
  }

  private static void rightsAndTimes(Path root) throws IOException {
    if (Account.isRoot()) {
      Files.setAttribute(root.resolve("with space"), "unix:uid", 1234, ITSELF);
      Files.setAttribute(root.resolve("with space"), "unix:gid", 65534, ITSELF);
      Files.setAttribute(root.resolve("to file"), "unix:uid", 77, ITSELF);
      Files.setAttribute(root.resolve("empty/also empty"), "unix:gid", 99, ITSELF);
    }
    mode(root.resolve("no bytes"), Account.isRoot() ? 0 : 0400);
    mode(root.resolve("with space"), 06711);
    mode(root.resolve("dirs"), 03770);
    mode(root.resolve("empty/also empty"), 0500);
    time(root.resolve("large"), "2001-02-03T04:05:06.123456789Z");
    time(root.resolve(".hidden"), "1969-12-31T23:59:59.5Z");
    time(root.resolve("~"), "2200-01-01T00:00:00.000000001Z");
    time(root.resolve("to file"), "2002-02-02T02:02:02.22222222Z");
    time(root.resolve("fifo"), "2003-03-03T03:03:03.333333333Z");
    time(root.resolve("dirs"), "2004-04-04T04:04:04.444444444Z");
  }

  private static void mode(Path path, int mode) throws IOException {
    int type = (int) Files.getAttribute(path, "unix:mode", ITSELF) & 0170000;
    Files.setAttribute(path, "unix:mode", type | mode, ITSELF);
  }

  /** Java would open a FIFO for it, and wait for a reader. */
  private static void time(Path path, String time) {
    Program.mustRun(List.of("touch", "--no-dereference", "--date=" + time, "--", path.toString()));
  }

  private static void shell(Path directory, String script) {
    Program.mustRun(List.of("sh", "-ec", "cd \"$1\"; " + script, "sh", directory.toString()));
  }

  /**
   * Everything that can be said of every path below, by the path's own bytes; of hard links, which
   * path of all it is first of.
   */
  public static SortedMap<String, String> account(Path root) throws Exception {
    SortedMap<String, String> account = new TreeMap<>();
    Map<Object, String> inodes = new TreeMap<>();
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.sorted().toList();
    }
    for (Path path : all) {
      // Percents keep the bytes that are no UTF-8 apart.
      String name = path.toUri().getRawPath().substring(root.toUri().getRawPath().length() - 1);
      String first =
          inodes.computeIfAbsent(Files.getAttribute(path, "unix:ino", ITSELF), _ -> name);
      account.put(
          name.replaceFirst("/$", ""), line(path) + " same as " + first.replaceFirst("/$", ""));
    }
    return account;
  }

  private static String line(Path path) throws Exception {
    Map<String, Object> unix = Files.readAttributes(path, "unix:mode,uid,gid,nlink", ITSELF);
    boolean directory = Files.isDirectory(path, ITSELF);
    boolean file = Files.isRegularFile(path, ITSELF);
    return Integer.toOctalString((int) unix.get("mode"))
        + (" uid " + unix.get("uid") + " gid " + unix.get("gid"))
        + (directory ? "" : " links " + unix.get("nlink"))
        + (" time " + Files.getLastModifiedTime(path, ITSELF).toInstant())
        + (file ? " bytes " + Files.size(path) + " hash " + hash(path) : "")
        + (Files.isSymbolicLink(path) ? " -> " + Files.readSymbolicLink(path) : "")
        + (file || directory ? " attributes " + attributes(path) : "");
  }

  private static String hash(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  private static SortedMap<String, String> attributes(Path path) throws IOException {
    SortedMap<String, String> found = new TreeMap<>();
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
    for (String name : view.list()) {
      ByteBuffer value = ByteBuffer.allocate(view.size(name));
      view.read(name, value);
      found.put(name, HexFormat.of().formatHex(value.array()));
    }
    return found;
  }

  /** What a file takes on its disk. */
  public static long bytesOnDisk(Path file) {
    return 512
        * Long.parseLong(
            Program.mustRun(List.of("stat", "-c", "%b", file.toString())).out().strip());
  }

  /** The name with bytes that are no UTF-8, if the file system has taken them. */
  public static Optional<String> nameWithoutUtf8(SortedMap<String, String> account) {
    return account.keySet().stream().filter(name -> name.startsWith("/%FF%FE")).findFirst();
  }
}
