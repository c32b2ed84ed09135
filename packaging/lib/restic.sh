# shellcheck shell=bash
# Two versions of restic for the tests, without a change to the system: Debian's old one and its current one.

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
