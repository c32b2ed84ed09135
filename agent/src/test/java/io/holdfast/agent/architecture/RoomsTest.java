package io.holdfast.agent.architecture;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Holds the direction of dependencies that docs/architecture.md draws. */
class RoomsTest {

  private static final String ROOT = "io.holdfast.agent";

  /**
   * Who may use whom; {@code secret}, {@code text}, {@code files} and {@code location} are open to
   * every room, and a room to itself.
   */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("secret", Set.of()),
          Map.entry("text", Set.of()),
          Map.entry("files", Set.of()),
          Map.entry("location", Set.of()),
          Map.entry("job", Set.of()),
          Map.entry("service", Set.of()),
          Map.entry("restic", Set.of()),
          Map.entry("release", Set.of("restic")),
          Map.entry("log", Set.of("job", "config")),
          Map.entry("config", Set.of("job")),
          Map.entry("schedule", Set.of("job")),
          Map.entry("sync", Set.of("schedule", "job")),
          Map.entry("run", Set.of("restic", "schedule", "job")),
          Map.entry("restore", Set.of("run", "restic", "job")),
          Map.entry("dump", Set.of("run", "restic", "config")),
          Map.entry("rebuild", Set.of("run", "restic", "job")),
          Map.entry("report", Set.of("run", "restic", "job")),
          Map.entry("proof", Set.of("run", "restic", "schedule", "job")),
          Map.entry("maintenance", Set.of("run", "restic", "schedule", "job")),
          Map.entry("state", Set.of("proof", "run", "restic", "schedule", "job")),
          Map.entry(
              "postgres",
              Set.of(
                  "sync",
                  "report",
                  "maintenance",
                  "rebuild",
                  "run",
                  "restic",
                  "schedule",
                  "job",
                  "config")),
          Map.entry(
              "daemon",
              Set.of(
                  "sync",
                  "report",
                  "maintenance",
                  "proof",
                  "restore",
                  "dump",
                  "rebuild",
                  "state",
                  "run",
                  "restic",
                  "schedule",
                  "job",
                  "config",
                  "postgres",
                  "service")),
          Map.entry(
              "cli",
              Set.of(
                  "daemon",
                  "release",
                  "log",
                  "sync",
                  "report",
                  "maintenance",
                  "proof",
                  "restore",
                  "dump",
                  "rebuild",
                  "state",
                  "run",
                  "restic",
                  "schedule",
                  "job",
                  "config",
                  "postgres",
                  "service")));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void every_room_uses_only_the_rooms_below_it() {
    MAY_USE.forEach((room, others) -> {
      String[] allowed =
          Stream.concat(others.stream(), Stream.of(room, "secret", "text", "files", "location"))
              .map(name -> ROOT + "." + name + "..")
              .toArray(String[]::new);
      classes()
          .that()
          .resideInAPackage(ROOT + "." + room + "..")
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage(ROOT + "..").or(resideInAnyPackage(allowed)))
          .allowEmptyShould(true)
          .check(CLASSES);
    });
  }

  @Test
  void every_class_lives_in_a_room_that_this_test_knows() {
    Set<String> rooms =
        CLASSES.stream()
            .map(c -> c.getPackageName().substring(ROOT.length()).replaceFirst("^\\.", ""))
            .map(name -> name.contains(".") ? name.substring(0, name.indexOf('.')) : name)
            .collect(Collectors.toSet());
    assertThat(MAY_USE.keySet()).containsAll(rooms);
  }

  @Test
  void rooms_form_no_cycle() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /** NullAway looks at no other package, and does not say so. */
  @Test
  void every_room_says_that_its_types_are_not_null() {
    assertThat(CLASSES)
        .extracting(JavaClass::getPackage)
        .isNotEmpty()
        .allMatch(room -> room.isAnnotatedWith(NullMarked.class));
  }

  @Test
  void only_postgres_speaks_sql() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".postgres..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.sql..",
            "javax.sql..",
            "org.jdbi..",
            "org.postgresql..",
            "org.flywaydb..",
            "com.zaxxer..")
        .check(CLASSES);
  }

  @Test
  void only_restic_and_dump_start_processes() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".restic..", ROOT + ".dump..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(ProcessBuilder.class, Process.class)
        .orShould()
        .callMethodWhere(target(owner(type(Runtime.class))).and(target(name("exec"))))
        .check(CLASSES);
  }

  @Test
  void only_daemon_and_cli_read_the_real_clock_or_exit() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".daemon..", ROOT + ".cli..")
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(LocalDate.class, "now")
        .orShould()
        .callMethod(LocalDateTime.class, "now")
        .orShould()
        .callMethod(LocalTime.class, "now")
        .orShould()
        .callMethod(ZonedDateTime.class, "now")
        .orShould()
        .callMethod(ZoneId.class, "systemDefault")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Clock.class, "systemDefaultZone")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }

  @Test
  void no_class_is_named_after_nothing() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .orShould()
        .haveSimpleNameEndingWith("Processor")
        .check(CLASSES);
  }
}
