# shellcheck shell=bash
# Two versions of restic for the tests, without a change to the system: Debian's old one and its current one.

# restic_of SUITE: prints the path of the restic of that Debian suite, fetched once into .verify/.
restic_of() {
  local suite=$1
  local directory=$root/.verify/restic-$suite
  if [ ! -x "$directory/usr/bin/restic" ]; then
    fetch_restic "$suite" "$directory"
  fi
  "$directory/usr/bin/restic" version >/dev/null || fail "the restic of Debian $suite does not run"
  printf '%s\n' "$directory/usr/bin/restic"
}

# The machine's own source file names the registry; only the suite is changed, in a private copy.
fetch_restic() {
  local suite=$1 directory=$2 private options
  command -v apt-get >/dev/null || fail "only Debian can provide two versions of restic: set HOLDFAST_TEST_RESTIC"
  say "fetching the restic of Debian $suite for the tests (into .verify/, nothing is installed)"
  private=$(mktemp -d)
  mkdir -p "$private/sources" "$private/lists/partial" "$private/deb"
  debian_source "$suite" >"$private/sources/$suite.sources"
  options=(
    -o Dir::Etc::sourcelist=/dev/null
    -o "Dir::Etc::sourceparts=$private/sources"
    -o "Dir::State::Lists=$private/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User=root
  )
  apt-get -qq "${options[@]}" update || fail "the package lists of Debian $suite cannot be had"
  (cd "$private/deb" && apt-get -qq "${options[@]}" download restic) || fail "Debian $suite has no restic to be had"
  mkdir -p "$directory"
  dpkg -x "$private"/deb/restic_*.deb "$directory"
  rm -rf "$private"
}

# The first stanza of the machine's Debian sources, with another suite.
debian_source() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/*.sources; do
    if [ -r "$file" ] && grep -q '^Suites:.*bookworm\|^Suites:.*trixie' "$file"; then
      awk -v RS='' 'NR == 1' "$file" | grep -v '^#' | sed "s/^Suites:.*/Suites: $1/"
      return 0
    fi
  done
  if [ -r /etc/apt/sources.list ]; then
    awk -v suite="$1" '$1 == "deb" && $4 == "main" || $5 == "main" {
      print "Types: deb"; print "URIs: " $2; print "Suites: " suite; print "Components: main"
      print "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"; exit }' /etc/apt/sources.list
    return 0
  fi
  fail "this machine has no Debian package source to take restic from: set HOLDFAST_TEST_RESTIC"
}
