package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What went wrong between us and the database, in words, and whether trying again helps. The
 * classes of SQLSTATE are those of PostgreSQL's manual, appendix A.
 */
final class DatabaseFaults {

  /** Java's TLS puts the names of its exceptions into the message. */
  private static final Pattern EXCEPTION =
      Pattern.compile("\\b(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error): ");

  static final String LOGIN_REFUSED = "database-login-refused";
  static final String RIGHT_MISSING = "database-right-missing";
  static final String SCHEMA_MISSING = "schema-missing";

  private DatabaseFaults() {}

  /** Never quotes a row's values or a statement: they may hold a secret. */
  static ControlPlaneException translate(Exception failure, DatabaseAddress address) {
    Optional<SQLException> sql = deepest(failure, SQLException.class);
    String state = sql.map(SQLException::getSQLState).orElse("");
    String place = "the database at " + address.display();
    String said = sql.map(DatabaseFaults::said).orElse(failure.getClass().getSimpleName());
    Optional<ServerFaults.Fault> connecting = sql.flatMap(e -> ServerFaults.of(e, address));
    if (connecting.isPresent()) {
      ServerFaults.Fault known = connecting.get();
      return fault(
          known.kind(), known.code(), place + known.whatHappened() + said, known.remedy(), failure);
    }
    return switch (state == null ? "" : state) {
      case "28P01", "28000" ->
          fault(
              Kind.MISCONFIGURED,
              LOGIN_REFUSED,
              place + " refuses user \"" + address.user().orElse("(default)") + "\": " + said,
              address.currentPassword().filter(DatabaseAddress::hasBlanksAround).isPresent()
                  ? "The password "
                      + DatabaseAddress.BLANKS_AROUND
                      + ": write it without, unless they belong to it."
                  : "Correct user and password in the configuration file, PGPASSWORD or .pgpass.",
              failure);
      case "3D000" ->
          fault(
              Kind.MISCONFIGURED,
              "database-missing",
              place + " does not exist: " + said,
              "Correct the database's name in database.url, or create it.",
              failure);
      case "42P01", "42703", "42883", "3F000" ->
          fault(
              Kind.MISCONFIGURED,
              SCHEMA_MISSING,
              place + " does not have the schema that this agent needs: " + said,
              "Run 'holdfast migrate' as the owner of the database.",
              failure);
      case "42501" ->
          fault(
              Kind.MISCONFIGURED,
              RIGHT_MISSING,
              place
                  + " does not allow this to user \""
                  + address.user().orElse("(default)")
                  + "\": "
                  + said,
              hint(failure)
                  .orElse(
                      "Each device has a login of its own, which sees no other device: enrol this"
                          + " machine ('holdfast enrol-token'), or let an admin run SELECT"
                          + " holdfast.bind_login('USER', 'DEVICE-ID')."),
              failure);
      case "25006" ->
          fault(
              Kind.UNAVAILABLE,
              "database-read-only",
              place + " is read-only: " + said,
              "Name the primary too, and add targetServerType=primary to database.url.",
              failure);
      // We were silent for too long within a transaction: this machine was asleep.
      case "25P03" -> troubled(place, said, failure);
      default -> byClass(state == null ? "" : state, place, said, failure);
    };
  }

  private static ControlPlaneException byClass(
      String state, String place, String said, Exception failure) {
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "22", "23", "P0" ->
          fault(
              Kind.REFUSED,
              "record-refused",
              place + " refuses this: " + said,
              hint(failure)
                  .orElse("Correct what it names; the database server's log may say more."),
              failure);
      case "40", "53", "55", "57", "58" -> troubled(place, said, failure);
      case "08", "" ->
          fault(
              Kind.UNAVAILABLE,
              "database-unreachable",
              place + " cannot be reached: " + said,
              "Check that the server runs, that host and port in the URL are right, and the network"
                  + " between.",
              failure);
      default ->
          fault(
              Kind.MISCONFIGURED,
              "database-error",
              place + " reports an error: " + said,
              "Look at the database server's log; if all is well there, report it as a bug.",
              failure);
    };
  }

  private static ControlPlaneException troubled(String place, String said, Exception failure) {
    return fault(
        Kind.UNAVAILABLE,
        "database-troubled",
        place + " cannot do this now: " + said,
        "Look at the database server's log.",
        failure);
  }

  private static ControlPlaneException fault(
      Kind kind, String code, String message, String remedy, Exception cause) {
    return new ControlPlaneException(kind, Problem.ofDevice(code, message, remedy), cause);
  }

  /** What the schema's own refusals say to do about them. */
  private static Optional<String> hint(Exception failure) {
    return deepest(failure, PSQLException.class)
        .map(PSQLException::getServerErrorMessage)
        .map(ServerErrorMessage::getHint);
  }

  /** The server's message alone, without its detail, which quotes rows; or the driver's own. */
  private static String said(SQLException failure) {
    if (failure instanceof PSQLException server) {
      ServerErrorMessage message = server.getServerErrorMessage();
      if (message != null && message.getMessage() != null) {
        return message.getMessage();
      }
    }
    Optional<UnknownHostException> unknownHost = deepest(failure, UnknownHostException.class);
    if (unknownHost.isPresent()) {
      return "the host name " + unknownHost.get().getMessage() + " is unknown";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : firstSentence(message);
  }

  /** The driver goes on to ask whether the server listens: our remedy says that better. */
  private static String firstSentence(String message) {
    String line = EXCEPTION.matcher(message.lines().findFirst().orElse("")).replaceAll("");
    int end = line.indexOf(". ");
    return end < 0 ? line.replaceFirst("\\.$", "") : line.substring(0, end);
  }

  static <T extends Throwable> Optional<T> deepest(Throwable failure, Class<T> type) {
    Optional<T> found = Optional.empty();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        found = Optional.of(type.cast(t));
      }
    }
    return found;
  }
}
