package io.holdfast.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.migrations.Wall.Part;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attacks of several statements that build on each other, of one session or of several, in {@code
 * wall/sequences.txt}. Each runs on a control plane of its own. A line of it is one of
 *
 * <ul>
 *   <li>{@code PART: STATEMENT}: as that login, where a part is one of {@link Part}, the same with
 *       a number for a second session, {@code owner} for what rightly happens meanwhile, {@code
 *       their admin} or {@code their device} of another fleet on the same server, {@code their
 *       device here}, and {@code device there};
 *   <li>{@code works PART: STATEMENT}: rightful work, which must succeed in the middle of it;
 *   <li>{@code never: QUERY}: has no row.
 * </ul>
 *
 * <p>Whatever else the lines say: no login is shown what is another's, none runs anything as
 * somebody else, and nothing that is not the attacker's has changed between two rightful
 * statements.
 */
class AttackSequencesIT {

  private static final Pattern ANOTHERS = Pattern.compile(Wall.SECRET + "(?!%)");
  private static final Pattern SECRETS =
      Pattern.compile("VICTIM (password|of copies|later|changed)");
  private static final Pattern NAME = Pattern.compile("\\{([a-z_]+)}");

  /**
   * Refusals that say that the attack is written wrongly, unless an earlier refusal led to them.
   */
  private static final Set<String> MISTAKES =
      Set.of("42601", "42703", "42P01", "42883", "42704", "26000", "34000", "42804");

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("home", "00000000-0000-0001-0000-000000000001"),
          Map.entry("second", "00000000-0000-0001-0000-000000000002"),
          Map.entry("vjob", "00000000-0000-0002-0000-000000000001"),
          Map.entry("run", "00000000-0000-0001-0000-000000000012"),
          Map.entry("ended", "00000000-0000-0001-0000-000000000013"),
          Map.entry("vrun", "00000000-0000-0002-0000-000000000011"),
          Map.entry("vended", "00000000-0000-0002-0000-000000000013"),
          Map.entry("sync", "00000000-0000-0001-0000-000000000021"),
          Map.entry("restore", "00000000-0000-0001-0000-000000000022"),
          Map.entry("vsync", "00000000-0000-0002-0000-000000000021"),
          Map.entry("vrestore", "00000000-0000-0002-0000-000000000022"),
          Map.entry("owner", "holdfast_owner"),
          Map.entry(
              "verifier",
              "('SCRAM-SHA-256$4096:' || repeat('A', 24) || '$' || repeat('B', 43) || '=:' || repeat('C', 43) || '=')"));

  record Attack(String title, List<String> lines) {
    @Override
    public String toString() {
      return title;
    }
  }

  static List<Attack> attacks() throws IOException {
    return Stream.of(Wall.text("/wall/sequences.txt").split("(?m)^== ", -1))
        .skip(1)
        .map(text -> text.strip().lines().toList())
        .map(lines -> new Attack(lines.getFirst(), lines.subList(1, lines.size())))
        .toList();
  }

  @Test
  void there_are_as_many_as_the_docs_say() throws IOException {
    assertThat(attacks().size()).isGreaterThanOrEqualTo(100);
    assertThat(attacks()).extracting(Attack::title).doesNotHaveDuplicates();
    assertThat(attacks()).allSatisfy(attack -> assertThat(attack.lines()).hasSizeGreaterThan(1));
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void no_sequence_does_harm(Attack attack) throws Exception {
    try (Scene scene = new Scene()) {
      for (String line : attack.lines()) {
        scene.play(line);
      }
      scene.leave();
      assertThat(scene.harm).isEmpty();
    }
  }

  /** The fleet that is attacked, another one on the same server, and everybody's sessions. */
  private static final class Scene implements AutoCloseable {
    private final Wall wall = Wall.closed();
    private final Map<String, Connection> sessions = new LinkedHashMap<>();
    private final Map<String, String> names = new LinkedHashMap<>(NAMES);
    private final List<String> harm = new ArrayList<>();
    private Optional<Wall> others = Optional.empty();
    private Map<String, Object> belongings;
    private Map<String, Object> power;
    private boolean refused;

    Scene() throws SQLException, IOException {
      names.put("database", wall.database().name());
      names.put("new", UUID.randomUUID().toString());
      for (Part part : Part.values()) {
        names.put(part.name().toLowerCase(Locale.ROOT), wall.login(part));
      }
      belongings = WallState.belongings(wall);
      power = WallState.power(wall);
    }

    void play(String line) throws SQLException, IOException {
      String part = line.substring(0, line.indexOf(": "));
      String sql = named(line.substring(line.indexOf(": ") + 2));
      if (part.equals("never")) {
        if (!wall.database().rows(sql).isEmpty()) {
          harm.add(line);
        }
        return;
      }
      boolean mustWork = part.startsWith("works ");
      String who = mustWork ? part.substring("works ".length()) : part;
      boolean rightful =
          mustWork || List.of("owner", "admin", "other_device", "their admin").contains(who);
      if (rightful) {
        lookForHarm(line);
      }
      String outcome = who.equals("owner") ? asOwner(sql) : outcome(who, sql);
      judge(line, who, outcome, mustWork);
      if (rightful) {
        belongings = WallState.belongings(wall);
      }
      if (who.equals("owner")) {
        power = WallState.power(wall);
      }
    }

    private String asOwner(String sql) throws SQLException {
      wall.database().execute(sql);
      return "";
    }

    private void judge(String line, String who, String outcome, boolean mustWork) {
      Pattern shown = who.startsWith("viewer") ? SECRETS : ANOTHERS;
      if (!List.of("owner", "admin", "other_device", "their admin").contains(who)
          && shown.matcher(outcome).find()) {
        harm.add(line + " showed " + outcome);
      }
      if (outcome.contains("running as")) {
        harm.add(line + " was " + outcome);
      }
      if (outcome.startsWith("refused: ")) {
        String state = outcome.substring("refused: ".length()).split(" ", 2)[0];
        if (mustWork || (MISTAKES.contains(state) && !refused)) {
          harm.add(line + " was " + outcome);
        }
        refused = true;
      }
    }

    private String outcome(String who, String sql) throws SQLException, IOException {
      try {
        if (!sessions.containsKey(who)) {
          sessions.put(who, connect(who));
        }
      } catch (SQLException e) {
        return "refused: " + e.getSQLState() + " " + e.getMessage();
      }
      return Wall.outcome(Objects.requireNonNull(sessions.get(who)), sql);
    }

    private Connection connect(String who) throws SQLException, IOException {
      return switch (who) {
        case "their admin" -> others().connect(Part.ADMIN);
        case "their device" -> others().connect(Part.DEVICE);
        case "their device here" -> Wall.connect(wall.database(), others().login(Part.DEVICE));
        case "device there" -> Wall.connect(others().database(), wall.login(Part.DEVICE));
        default ->
            wall.connect(Part.valueOf(who.replaceFirst(" [0-9]$", "").toUpperCase(Locale.ROOT)));
      };
    }

    private Wall others() throws SQLException, IOException {
      if (others.isEmpty()) {
        others = Optional.of(Wall.closed());
        // Their logins are new on the server, and rightly so.
        belongings = WallState.belongings(wall);
        power = WallState.power(wall);
      }
      return others.get();
    }

    private String named(String sql) {
      return NAME.matcher(sql)
          .replaceAll(
              found -> Matcher.quoteReplacement(names.getOrDefault(found.group(1), found.group())));
    }

    /** Ends all sessions, as if their programs had ended, and looks for the last time. */
    void leave() throws SQLException {
      for (Connection session : sessions.values()) {
        session.close();
      }
      lookForHarm("the end");
    }

    private void lookForHarm(String before) throws SQLException {
      compare(before, belongings, WallState.belongings(wall));
      compare(before, power, WallState.power(wall));
    }

    private void compare(String before, Map<String, Object> was, Map<String, Object> is) {
      List<String> changed = WallState.differences(was, is);
      if (!changed.isEmpty()) {
        harm.add("before " + before + ": changed were " + changed);
      }
    }

    @Override
    public void close() throws SQLException {
      wall.close();
      if (others.isPresent()) {
        others.get().close();
      }
    }
  }
}
