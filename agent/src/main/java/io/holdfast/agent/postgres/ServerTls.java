package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import java.util.Optional;

/**
 * The TLS of one of our connections, as the server itself sees it.
 *
 * @param cipher with the protocol's version; empty if there is no TLS on the server's end
 * @param client the name in the certificate that we have shown, if we have shown one
 */
public record ServerTls(Optional<String> cipher, Optional<String> client) {

  private static final String OWN =
      """
      SELECT version || ' with ' || cipher AS cipher, client_dn
      FROM pg_stat_ssl
      WHERE pid = pg_backend_pid()
      """;

  /**
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public static ServerTls of(Database database) throws ControlPlaneException {
    return database
        .rows(
            OWN,
            row ->
                new ServerTls(
                    Optional.ofNullable(row.getString("cipher")),
                    Optional.ofNullable(row.getString("client_dn"))))
        .getFirst();
  }
}
