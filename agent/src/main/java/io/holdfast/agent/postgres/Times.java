package io.holdfast.agent.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/** Instants as {@code timestamptz}, whatever the zone of the session or of the JVM. */
final class Times {

  private Times() {}

  static OffsetDateTime write(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  static Optional<Instant> read(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  /**
   * A moment by the clock of the machine that it is of. Whoever writes into a repository can write
   * any offset into a snapshot; one that no zone has is taken for none.
   *
   * @param local a column without a zone: what that clock showed
   */
  static OffsetDateTime local(ResultSet row, String column, String local) throws SQLException {
    Instant moment = read(row, column).orElseThrow();
    long seconds =
        row.getObject(local, LocalDateTime.class).toEpochSecond(ZoneOffset.UTC)
            - moment.getEpochSecond();
    return moment.atOffset(
        Math.abs(seconds) <= ZoneOffset.MAX.getTotalSeconds()
            ? ZoneOffset.ofTotalSeconds((int) seconds)
            : ZoneOffset.UTC);
  }
}
