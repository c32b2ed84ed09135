import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Brings the classes of a jar that were compiled for Java 5, as picocli's are, to the class format
 * of Java 8: the same code with stack map frames. Without them the JVM keeps no class in an
 * ahead-of-time cache, and verifies each at every start in a slow old way. For the build alone:
 * java Frames.java JAR
 */
public final class Frames {

  private static final int JAVA_8 = ClassFile.JAVA_8_VERSION;

  private Frames() {}

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    FileTime modified = Files.getLastModifiedTime(jar);
    Map<String, byte[]> content = new LinkedHashMap<>();
    Map<String, Long> times = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        content.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
        times.put(entry.getName(), entry.getTime());
      }
    }
    ClassFile format = format(content);
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (Map.Entry<String, byte[]> file : content.entrySet()) {
        ZipEntry entry = new ZipEntry(file.getKey());
        entry.setTime(times.get(file.getKey()));
        out.putNextEntry(entry);
        out.write(isOld(file) ? withFrames(format, file.getValue()) : file.getValue());
        out.closeEntry();
      }
    }
    Files.setLastModifiedTime(jar, modified);
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

  private static boolean isOld(Map.Entry<String, byte[]> file) {
    return file.getKey().endsWith(".class")
        && ((file.getValue()[6] & 0xff) << 8 | file.getValue()[7] & 0xff) < JAVA_8;
  }

  private static byte[] withFrames(ClassFile format, byte[] old) {
    return format.transformClass(
        format.parse(old),
        ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
            .andThen(ClassTransform.endHandler(type -> type.withVersion(JAVA_8, 0))));
  }
}
