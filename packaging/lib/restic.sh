# shellcheck shell=bash
# restic for the tests, without a change to the system: Debian's old one and its current one, and restic's REST server.

# shellcheck source=packaging/lib/debian.sh
. "${root:?}/packaging/lib/debian.sh"

# restic_of SUITE: prints the path of the restic of that Debian suite, fetched once into .verify/.
restic_of() {
  local suite=$1
  local directory=$root/.verify/restic-$suite
  [ -x "$directory/usr/bin/restic" ] || fetch_package restic "$suite" "$directory"
  "$directory/usr/bin/restic" version >/dev/null || fail "the restic of Debian $suite does not run: remove $directory"
  printf '%s\n' "$directory/usr/bin/restic"
}

# need_restics: exports what the tests look for: HOLDFAST_TEST_RESTIC, the old restic and the current one with a colon
# between them, and HOLDFAST_TEST_REST_SERVER. What the caller has set stays.
need_restics() {
  local directory=$root/.verify/rest-server old current
  if [ -z "${HOLDFAST_TEST_RESTIC:-}" ]; then
    old=$(restic_of bookworm)
    current=$(restic_of trixie)
    export HOLDFAST_TEST_RESTIC=$old:$current
  fi
  if [ -z "${HOLDFAST_TEST_REST_SERVER:-}" ]; then
    # Debian 12 has none.
    [ -d "$directory" ] || fetch_package restic-rest-server trixie "$directory"
    export HOLDFAST_TEST_REST_SERVER=$directory/usr/bin/restic-rest-server
    "$HOLDFAST_TEST_REST_SERVER" --version >/dev/null || fail "the REST server of Debian trixie does not run: remove $directory"
  fi
}
