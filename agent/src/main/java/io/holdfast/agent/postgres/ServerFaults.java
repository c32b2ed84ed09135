package io.holdfast.agent.postgres;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What keeps us from getting a connection, each with what to do about it. The driver and the server
 * have one SQLSTATE for a wrong name, a broken cable and a certificate that is not believed, so
 * that their sentences have to be told apart.
 */
final class ServerFaults {

  /**
   * One of them.
   *
   * @param whatHappened the beginning of the sentence, after the database's place; the driver's or
   *     the server's own words follow it
   */
  record Fault(
      BiPredicate<Exception, String> isIt,
      Kind kind,
      String code,
      String whatHappened,
      String remedy) {}

  static final String PASSWORD_MISSING = "database-password-missing";
  private static final String NOT_PROVED = "database-not-proved";
  private static final String NOT_ADMITTED = "database-not-admitted";
  private static final String UNREACHABLE = "database-unreachable";
  private static final String POOLED = "database-pooled";

  private static final String STRANGER = " has not proved to be the right server: ";
  private static final String NO_ANSWER = " cannot be reached: ";
  private static final String NOT_LET_IN = " does not let this login in: ";

  private static final String NOTHING_SENT = "; nothing has been sent to this server.";

  /** The first that it is. */
  private static final List<Fault> FAULTS =
      List.of(
          unproved(
              "does not support SSL",
              "Have the server speak TLS: ssl = on in its postgresql.conf, with a certificate ('TLS to"
                  + " the database' in docs/control-plane.md has the lines); where nobody else can be"
                  + " on the way, write sslmode=disable into the URL."),
          unproved(
              "Could not open SSL root certificate file",
              "Put the certificate of the authority that has signed the server's into that file, or"
                  + " name another with sslrootcert=FILE in the URL; sslrootcert=system takes the"
                  + " authorities that this machine trusts."),
          unproved(
              "(root certificate|into a TrustManager)",
              "The file must hold certificates as PEM, which begin with -----BEGIN CERTIFICATE-----;"
                  + " write it anew, or name another with sslrootcert=FILE in the URL."),
          unproved(
              "SSL (certificate|key) file|into a KeyManager|password for SSL key",
              "sslcert must name this login's certificate as PEM, and sslkey its key in DER (openssl"
                  + " pkcs8 -topk8 -nocrypt -outform DER), readable by the agent's user alone."),
          unproved(
              "(requested '(password|md5)'|not allowed by requireAuth)",
              "Have pg_hba.conf on the server say scram-sha-256 for this login, and give it its"
                  + " password anew if that was set before"
                  + NOTHING_SENT),
          unproved(
              "(?i)channel binding",
              "Where PgBouncer is between, or pg_hba.conf wants no password, add"
                  + " channel_binding=prefer to the URL."),
          unproved(
              "(NotAfter|NotBefore|validity check failed|(?i)certificate.*expired)",
              "The server's certificate is not good at this time: renew it and reload the server, or"
                  + " set this machine's clock"
                  + NOTHING_SENT),
          unproved(
              "(hostname .* could not be verified|No subject alternative|No name matching)",
              "Write the name that is in the server's certificate into the URL, or give the server a"
                  + " certificate for that name: openssl s_client -starttls postgres -connect HOST:5432"
                  + " </dev/null | openssl x509 -noout -subject -ext subjectAltName shows which it has"
                  + NOTHING_SENT),
          unproved(
              "(unable to find valid certification path|PKIX|CertPath)",
              "None of the authorities in %s has signed the server's certificate: put the certificate"
                  + " of the one that has into a file of this machine (a certificate that signs itself,"
                  + " as Debian's server has one, is its own) and write sslrootcert=FILE into the URL,"
                  + " such as sslrootcert=/etc/holdfast/root.crt"
                  + NOTHING_SENT),
          unproved(
              "(SSL error|[Cc]ertificate|handshake)",
              "Look at the database server's log, which has the other side of it, and at sslmode and"
                  + " sslrootcert in the URL"
                  + NOTHING_SENT),
          new Fault(
              (_, said) ->
                  said.matches("(?s).*(no password was provided|password is an empty string).*"),
              Kind.MISCONFIGURED,
              PASSWORD_MISSING,
              " wants a password, and none was given: ",
              "Put it into a file that database.password_file (or --password-file) names, or into"
                  + " .pgpass or PGPASSWORD; on a terminal, 'migrate' and what else admins call asks"
                  + " for it."),
          unadmitted(
              "no pg_hba.conf entry.*no encryption",
              "The server takes this login over TLS alone: take sslmode=disable (or allow, or prefer) out"
                  + " of the URL, or let a line of pg_hba.conf that begins with host admit it."),
          unadmitted(
              "no pg_hba.conf entry|pg_hba.conf rejects",
              "Add a line to pg_hba.conf on the server, such as: hostssl DATABASE all ADDRESS/32"
                  + " scram-sha-256, with the database's name and the address that it has just named, and"
                  + " have it read: SELECT pg_reload_conf();"),
          unadmitted(
              "valid client certificate|certificate authentication failed",
              "This line of pg_hba.conf wants a certificate of the login: write sslcert and sslkey into"
                  + " the URL, or let another line admit it by scram-sha-256."),
          new Fault(
              (failure, _) -> hasState(failure, "42P05", "26000"),
              Kind.MISCONFIGURED,
              POOLED,
              " is behind a pooler such as PgBouncer, which gives each transaction another connection: ",
              "Take prepareThreshold out of the URL, or write prepareThreshold=0; 'PgBouncer' in"
                  + " docs/control-plane.md says what else it takes."),
          new Fault(
              (failure, said) ->
                  hasState(failure, "08P01")
                      && said.matches(
                          "(?s).*(no such (user|database)|not allowed in auth|unsupported startup"
                              + " parameter|bouncer config|server login|SASL authentication failed).*"),
              Kind.MISCONFIGURED,
              POOLED,
              " is behind a pooler that does not let this login in: ",
              "Have PgBouncer know every login of the server (auth_query), and take options out of the"
                  + " URL; 'PgBouncer' in docs/control-plane.md has the lines."),
          unreached(
              UnknownHostException.class,
              "Write the name of the database's host into the URL as this machine knows it, or have DNS"
                  + " or /etc/hosts know it."),
          unreached(
              NoRouteToHostException.class,
              "Check the address, this machine's routes, and the firewalls between."),
          unreached(
              SocketTimeoutException.class,
              "Nobody has answered there: check host and port in the URL, and that the firewalls between"
                  + " let the port through."),
          unreached(
              ConnectException.class,
              "Nobody listens there: check that the server runs, that host and port in the URL are right,"
                  + " that its postgresql.conf has listen_addresses = '*' (else it listens to its own"
                  + " machine alone), and the firewalls."),
          new Fault(
              (_, said) -> said.contains("Protocol error") || said.contains("unusual has occurred"),
              Kind.UNAVAILABLE,
              UNREACHABLE,
              " does not answer as PostgreSQL does: ",
              "Check the port in the URL: something else seems to listen there."));

  private ServerFaults() {}

  private static Fault unproved(String said, String remedy) {
    Pattern pattern = Pattern.compile(said);
    return new Fault(
        (failure, words) -> !isServers(failure) && pattern.matcher(words).find(),
        Kind.UNAVAILABLE,
        NOT_PROVED,
        STRANGER,
        remedy);
  }

  private static Fault unadmitted(String said, String remedy) {
    Pattern pattern = Pattern.compile(said, Pattern.DOTALL);
    return new Fault(
        (failure, words) -> isServers(failure) && pattern.matcher(words).find(),
        Kind.MISCONFIGURED,
        NOT_ADMITTED,
        NOT_LET_IN,
        remedy);
  }

  private static Fault unreached(Class<? extends Exception> cause, String remedy) {
    return new Fault(
        (failure, _) ->
            hasState(failure, "08001") && DatabaseFaults.deepest(failure, cause).isPresent(),
        Kind.UNAVAILABLE,
        UNREACHABLE,
        NO_ANSWER,
        remedy);
  }

  /** Which one it is; empty if we had a connection, and something else went wrong. */
  static Optional<Fault> of(SQLException failure, DatabaseAddress address) {
    String said = said(failure);
    return FAULTS.stream()
        .filter(fault -> fault.isIt().test(failure, said))
        .findFirst()
        .map(fault ->
            new Fault(
                fault.isIt(),
                fault.kind(),
                fault.code(),
                fault.whatHappened(),
                fault.remedy().replace("%s", address.authoritiesWords())));
  }

  private static String said(SQLException failure) {
    return serversOwn(failure)
        .map(ServerErrorMessage::getMessage)
        .orElseGet(() -> String.valueOf(failure.getMessage()));
  }

  private static boolean isServers(Exception failure) {
    return failure instanceof SQLException sql && serversOwn(sql).isPresent();
  }

  private static Optional<ServerErrorMessage> serversOwn(SQLException failure) {
    return failure instanceof PSQLException driver
        ? Optional.ofNullable(driver.getServerErrorMessage())
        : Optional.empty();
  }

  private static boolean hasState(Exception failure, String... states) {
    return failure instanceof SQLException sql && List.of(states).contains(sql.getSQLState());
  }
}
