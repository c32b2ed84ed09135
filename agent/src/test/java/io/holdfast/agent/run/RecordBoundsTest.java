package io.holdfast.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.job.Problem;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A record that the database would refuse for its size cannot be made: each of its texts is filled
 * with far too much, whatever records there will be.
 */
class RecordBoundsTest {

  /** Three bytes each, and a control character that is shown as six. */
  private static final String TOO_MUCH = "日\u0007".repeat(20_000);

  /** Rows that the device has read, ids, and versions: none of them is anybody's free text. */
  private static final Set<String> OF_ROWS =
      Set.of("jobName", "deviceId", "snapshotId", "repositoryId", "kind", "agent");

  /** What the tables take: V004, V026, V031, V032. */
  private static final int SENTENCE = 8192;

  private static final int OUTPUT = 65_536;
  private static final int PATH = 16_384;
  private static final int LIST = 100_000;

  static Stream<Class<?>> records() {
    return kindsOf(RunRecord.class);
  }

  private static Stream<Class<?>> kindsOf(Class<?> of) {
    Class<?>[] further = of.getPermittedSubclasses();
    return further == null ? Stream.of(of) : Stream.of(further).flatMap(RecordBoundsTest::kindsOf);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @ParameterizedTest
  @MethodSource("records")
  void no_record_can_be_made_that_a_table_has_no_room_for(Class<?> kind) throws Exception {
    RunRecord record = (RunRecord) filled(kind);
    assertFits(record);
    Optional<RunRecord> cutDown = record.cutDown(TOO_MUCH);
    if (cutDown.isPresent()) {
      assertFits(cutDown.get());
      assertThat(cutDown.get().uuid()).isEqualTo(record.uuid());
    }
    assertThat(bytes(record.about())).as("about").isLessThan(SENTENCE);
  }

  private static void assertFits(Object record) throws Exception {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = component.getAccessor().invoke(record);
      String name = record.getClass().getSimpleName() + "." + component.getName();
      if (value instanceof Verdict verdict) {
        // As RunDao joins them.
        assertThat(bytes(verdict.sentence() + ". " + verdict.remedy()))
            .as(name)
            .isLessThanOrEqualTo(SENTENCE);
      } else if (value instanceof List<?> list) {
        assertThat(list).as(name).hasSizeLessThanOrEqualTo(100);
        assertThat(list.stream().mapToInt(text -> bytes(text.toString())).sum())
            .as(name)
            .isLessThanOrEqualTo(LIST);
      } else if (value instanceof String text && !OF_ROWS.contains(component.getName())) {
        assertThat(bytes(text))
            .as(name)
            .isLessThanOrEqualTo(
                switch (component.getName()) {
                  case "standardOutput", "standardError" -> OUTPUT;
                  case "target" -> PATH;
                  default -> SENTENCE;
                });
      } else if (value instanceof Record inner) {
        assertFits(inner);
      }
    }
  }

  /** A record of this class with too much in every text. */
  private static Object filled(Class<?> kind) throws Exception {
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : kind.getRecordComponents()) {
      values.add(value(component));
    }
    Class<?>[] types =
        Arrays.stream(kind.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    var constructor = kind.getDeclaredConstructor(types);
    constructor.setAccessible(true);
    return constructor.newInstance(values.toArray());
  }

  private static Object value(RecordComponent component) throws Exception {
    Class<?> type = component.getType();
    if (type == String.class) {
      return OF_ROWS.contains(component.getName()) ? "x" : TOO_MUCH;
    }
    if (type == Optional.class) {
      return component.getGenericType().getTypeName().contains("String")
          ? Optional.of(component.getName().equals("job") ? TOO_MUCH : "x")
          : Optional.empty();
    }
    if (type == List.class) {
      return component.getGenericType().getTypeName().contains("String")
          ? List.copyOf(Arrays.asList(new String[500]).stream().map(_ -> TOO_MUCH).toList())
          : List.of();
    }
    if (type == Verdict.class) {
      return Verdict.failed("restic-failed", TOO_MUCH, TOO_MUCH);
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    if (type.isRecord()) {
      return filled(type);
    }
    return Objects.requireNonNull(
        Map.<Class<?>, Object>of(
                UUID.class,
                new UUID(1, 2),
                Instant.class,
                Instant.EPOCH,
                Duration.class,
                Duration.ZERO,
                Map.class,
                Map.of(),
                int.class,
                1,
                long.class,
                1L,
                boolean.class,
                false)
            .get(type),
        type.getName());
  }

  static Stream<Problem> problems() {
    return Stream.of(
        Problem.ofDevice("x", TOO_MUCH, TOO_MUCH),
        Problem.ofSetting("x", TOO_MUCH, TOO_MUCH, TOO_MUCH),
        Problem.ofJob("x", new UUID(1, 2), TOO_MUCH, TOO_MUCH, TOO_MUCH));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void no_problem_can_be_made_that_the_table_has_no_room_for(Problem problem) {
    assertThat(bytes(problem.message())).isLessThanOrEqualTo(4000);
    assertThat(bytes(problem.remedy())).isLessThanOrEqualTo(4000);
    assertThat(problem.subject().codePointCount(0, problem.subject().length()))
        .isLessThanOrEqualTo(300);
  }
}
