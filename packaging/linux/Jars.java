import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes the jars of a directory ready for the package. Stored and no longer deflated: the package is
 * pressed as a whole, and much better if its parts are not. And the classes of picocli, compiled for
 * Java 5, are brought to the class format of Java 8: the same code with stack map frames, without
 * which the JVM keeps no class in an ahead-of-time cache, and verifies each at every start in a slow
 * old way. The same jars give the same jars. For the build alone: java Jars.java DIRECTORY
 */
public final class Jars {

  private static final int JAVA_8 = ClassFile.JAVA_8_VERSION;

  private Jars() {}

  public static void main(String[] args) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        rewrite(jar);
      }
    }
  }

  private static void rewrite(Path jar) throws IOException {
    Map<String, byte[]> content = new LinkedHashMap<>();
    Map<String, Long> times = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        content.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
        times.put(entry.getName(), entry.getTime());
      }
    }
    if (jar.getFileName().toString().startsWith("picocli-")) {
      ClassFile format = format(content);
      content.replaceAll((name, bytes) -> isOld(name, bytes) ? withFrames(format, bytes) : bytes);
    }
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> file : content.entrySet()) {
        out.putNextEntry(stored(file.getKey(), file.getValue(), times.get(file.getKey())));
        out.write(file.getValue());
        out.closeEntry();
      }
    }
  }

  private static ZipEntry stored(String name, byte[] bytes, long time) {
    CRC32 sum = new CRC32();
    sum.update(bytes);
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(time);
    entry.setSize(bytes.length);
    entry.setCrc(sum.getValue());
    return entry;
  }

  /** Its superclasses are in the jar or in the JDK. */
  private static ClassFile format(Map<String, byte[]> content) {
    ClassHierarchyResolver own =
        ClassHierarchyResolver.ofResourceParsing(type -> {
          String name = type.descriptorString();
          byte[] bytes = content.get(name.substring(1, name.length() - 1) + ".class");
          return bytes == null ? null : new ByteArrayInputStream(bytes);
        });
    return ClassFile.of(
        StackMapsOption.GENERATE_STACK_MAPS,
        ClassHierarchyResolverOption.of(own.orElse(ClassHierarchyResolver.defaultResolver())));
  }

  private static boolean isOld(String name, byte[] bytes) {
    return name.endsWith(".class") && ((bytes[6] & 0xff) << 8 | bytes[7] & 0xff) < JAVA_8;
  }

  private static byte[] withFrames(ClassFile format, byte[] old) {
    return format.transformClass(
        format.parse(old),
        ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
            .andThen(ClassTransform.endHandler(type -> type.withVersion(JAVA_8, 0))));
  }
}
