import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Prints the package's parts as a CycloneDX document: the jars, as they are in it, and the runtime.
 * The same package gives the same document. For the build alone:
 * java Sbom.java HOLDFAST-HOME VERSION TIME COORDINATES
 *
 * <p>COORDINATES is a file of lines {@code group:artifact:jar:version:scope}, as Maven's
 * dependency:list writes them, since not every jar knows its own.
 */
public final class Sbom {

  private static final Pattern RUNTIME = Pattern.compile("JAVA_VERSION=\"([^\"]+)\"");
  private static final Pattern COORDINATES =
      Pattern.compile("\\s*([\\w.-]+):([\\w.-]+):jar:([\\w.-]+):(?:compile|runtime).*");
  private static final Pattern LICENCE =
      Pattern.compile("<license>\\s*(?:<!--.*?-->\\s*)?<name>([^<]+)</name>", Pattern.DOTALL);

  private Sbom() {}

  public static void main(String[] args) throws IOException, GeneralSecurityException {
    Path home = Path.of(args[0]);
    String version = args[1];
    List<String> coordinates = Files.readAllLines(Path.of(args[3]));
    List<String> components = new ArrayList<>();
    components.add(runtime(home.resolve("runtime")));
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      for (Path jar : jars.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
        components.add(component(jar, coordinates));
      }
    }
    String body = String.join(",\n", components);
    System.out.println(
        """
        {
          "bomFormat": "CycloneDX",
          "specVersion": "1.6",
          "serialNumber": "urn:uuid:%s",
          "version": 1,
          "metadata": {
            "timestamp": "%s",
            "component": {"type": "application", "bom-ref": "holdfast", "name": "holdfast", "version": "%s",
              "licenses": [{"license": {"id": "Apache-2.0"}}]}
          },
          "components": [
        %s
          ]
        }"""
            .formatted(
                UUID.nameUUIDFromBytes((version + body).getBytes(StandardCharsets.UTF_8)),
                args[2],
                version,
                body));
  }

  private static String runtime(Path runtime) throws IOException, GeneralSecurityException {
    Matcher version = RUNTIME.matcher(Files.readString(runtime.resolve("release")));
    if (!version.find()) {
      throw new IllegalStateException("the runtime does not tell its version");
    }
    return """
               {"type": "platform", "bom-ref": "java-runtime", "name": "Java runtime image (OpenJDK)", "version": "%s",
                 "hashes": [{"alg": "SHA-256", "content": "%s"}],
                 "licenses": [{"expression": "GPL-2.0-only WITH Classpath-exception-2.0"}]}"""
        .formatted(version.group(1), sha256(runtime.resolve("lib/modules")));
  }

  private static String component(Path jar, List<String> coordinates)
      throws IOException, GeneralSecurityException {
    String[] known = coordinates(jar, coordinates);
    String purl = "pkg:maven/%s/%s@%s?type=jar".formatted(known[0], known[1], known[2]);
    return """
               {"type": "library", "bom-ref": "%s", "group": "%s", "name": "%s", "version": "%s",
                 "purl": "%s",
                 "hashes": [{"alg": "SHA-256", "content": "%s"}]%s}"""
        .formatted(purl, known[0], known[1], known[2], purl, sha256(jar), licence(jar));
  }

  private static String[] coordinates(Path jar, List<String> coordinates) throws IOException {
    String file = jar.getFileName().toString();
    for (String line : coordinates) {
      Matcher known = COORDINATES.matcher(line);
      if (known.matches() && file.equals(known.group(2) + "-" + known.group(3) + ".jar")) {
        return new String[] {known.group(1), known.group(2), known.group(3)};
      }
    }
    Properties own = new Properties();
    try (JarFile content = new JarFile(jar.toFile())) {
      for (JarEntry entry : entries(content, "pom.properties")) {
        try (InputStream in = content.getInputStream(entry)) {
          own.load(in);
        }
      }
    }
    if (!file.equals(own.get("artifactId") + "-" + own.get("version") + ".jar")) {
      throw new IllegalStateException("nothing tells where " + file + " is from");
    }
    return new String[] {
      own.getProperty("groupId"), own.getProperty("artifactId"), own.getProperty("version")
    };
  }

  /** As the jar's own pom names it; many inherit it, and then nothing is said. */
  private static String licence(Path jar) throws IOException {
    try (JarFile content = new JarFile(jar.toFile())) {
      for (JarEntry entry : entries(content, "pom.xml")) {
        try (InputStream in = content.getInputStream(entry)) {
          Matcher name = LICENCE.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
          if (name.find()) {
            return ",\n      \"licenses\": [{\"license\": {\"name\": \"%s\"}}]"
                .formatted(name.group(1).strip().replace("\"", "'"));
          }
        }
      }
    }
    return "";
  }

  private static List<JarEntry> entries(JarFile jar, String name) {
    return jar.stream()
        .filter(entry -> entry.getName().startsWith("META-INF/maven/"))
        .filter(entry -> entry.getName().endsWith("/" + name))
        .toList();
  }

  private static String sha256(Path file) throws IOException, GeneralSecurityException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
