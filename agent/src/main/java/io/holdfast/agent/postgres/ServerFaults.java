package io.holdfast.agent.postgres;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;

/**
 * What the driver itself refuses, before any password, since the server has not proved that it is
 * the one that is meant.
 */
final class ServerFaults {

  private record Fault(Pattern said, String remedy) {
    Fault(String said, String remedy) {
      this(Pattern.compile(said), remedy);
    }
  }

  /** By the driver's sentences: it has one SQLSTATE for all of these and for a broken cable. */
  private static final List<Fault> FAULTS =
      List.of(
          new Fault(
              "does not support SSL",
              "Have the server speak TLS (ssl = on), see 'TLS' in docs/security.md; where nobody"
                  + " else can be on the way, write sslmode=disable into the URL."),
          new Fault(
              "(root certificate|into a TrustManager)",
              "Put the certificate of the authority that has signed the server's into that file, or"
                  + " name another with sslrootcert in the URL."),
          new Fault(
              "(requested '(password|md5)'|not allowed by requireAuth)",
              "Have pg_hba.conf on the server say scram-sha-256 for this login, and give it its"
                  + " password anew if that was set before; nothing has been sent to this server."),
          new Fault(
              "(?i)channel binding",
              "Where PgBouncer is between, or pg_hba.conf wants no password, add"
                  + " channel_binding=prefer to the URL."),
          new Fault(
              "(hostname .* could not be verified|unable to find valid certification"
                  + " path|PKIX|CertPath|No subject alternative|[Cc]ertificate)",
              "Check that the URL has the name that is in the server's certificate, and that"
                  + " sslrootcert names the authority that has signed it; nothing has been sent to"
                  + " this server."));

  private ServerFaults() {}

  /** What to do about it; empty if it is some other fault. */
  static Optional<String> remedy(SQLException failure) {
    if (failure instanceof PSQLException driver && driver.getServerErrorMessage() == null) {
      String said = String.valueOf(failure.getMessage());
      for (Fault fault : FAULTS) {
        if (fault.said().matcher(said).find()) {
          return Optional.of(fault.remedy());
        }
      }
    }
    return Optional.empty();
  }
}
