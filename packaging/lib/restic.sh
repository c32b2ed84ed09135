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

# fetch_package PACKAGE SUITE DIRECTORY: a Debian package's files; the directory appears when it is complete.
fetch_package() {
  local package=$1 suite=$2 directory=$3 private=$3.part options
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    [ "$package" != restic ] ||
      fail "only Debian can provide two versions of restic: list your own in HOLDFAST_TEST_RESTIC, separated by a colon"
    fail "only Debian can provide $package"
  fi
  say "fetching the $package of Debian $suite (into .verify/, nothing is installed)"
  rm -rf "$private" "$directory"
  mkdir -p "$private/sources" "$private/lists/partial" "$private/deb"
  debian_source "$suite" >"$private/sources/$suite.sources"
  options=(
    -o Dir::Etc::sourcelist=/dev/null
    -o "Dir::Etc::sourceparts=$private/sources"
    -o "Dir::State::Lists=$private/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User=root
    -o Acquire::Retries=3
  )
  apt-get -qq "${options[@]}" -o APT::Update::Error-Mode=any update >&2 </dev/null || fail "the package lists of Debian $suite cannot be had"
  (cd "$private/deb" && apt-get -qq "${options[@]}" download "$package" >&2 </dev/null) ||
    fail "the $package of Debian $suite cannot be had"
  dpkg -x "$private"/deb/"$package"_*.deb "$private/root"
  mv "$private/root" "$directory"
  rm -rf "$private"
}
