# shellcheck shell=bash
# PostgreSQL's client programs for the tests, without a change to the system.

# shellcheck source=packaging/lib/debian.sh
. "${root:?}/packaging/lib/debian.sh"

# need_postgres_client: psql, pg_dump and pg_restore that are no newer than the embedded PostgreSQL. A newer pg_dump sets
# what an older server does not know (transaction_timeout since 17), so its dump cannot be restored there.
need_postgres_client() {
  local server directory=$root/.verify/postgresql-client
  need psql "tests that work as an admin does" postgresql-client
  server=$(sed -n 's:.*<embedded-postgres-binaries.version>\([0-9]*\)\..*:\1:p' "$root/pom.xml")
  [ "$(pg_dump --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -gt "$server" ] || return 0
  # Debian 12 has the oldest PostgreSQL that we support.
  [ -d "$directory" ] || fetch_package "postgresql-client-$server" bookworm "$directory"
  PATH=$directory/usr/lib/postgresql/$server/bin:$PATH
  export PATH
  pg_dump --version >/dev/null || fail "the pg_dump of Debian bookworm does not run: remove $directory"
}
