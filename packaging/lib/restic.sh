# shellcheck shell=bash
# Two versions of restic for the tests, without a change to the system: Debian's old one and its current one.

# restic_of SUITE: prints the path of the restic of that Debian suite, fetched once into .verify/.
restic_of() {
  local suite=$1
  local directory=${root:?}/.verify/restic-$suite
  [ -x "$directory/usr/bin/restic" ] || fetch_restic "$suite" "$directory"
  "$directory/usr/bin/restic" version >/dev/null || fail "the restic of Debian $suite does not run: remove $directory"
  printf '%s\n' "$directory/usr/bin/restic"
}

# fetch_restic SUITE DIRECTORY: the directory appears when it is complete.
fetch_restic() {
  local suite=$1 directory=$2 private=$2.part options
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    fail "only Debian can provide two versions of restic: list your own in HOLDFAST_TEST_RESTIC, separated by a colon"
  fi
  say "fetching the restic of Debian $suite for the tests (into .verify/, nothing is installed)"
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
  (cd "$private/deb" && apt-get -qq "${options[@]}" download restic >&2 </dev/null) ||
    fail "the restic of Debian $suite cannot be had"
  dpkg -x "$private"/deb/restic_*.deb "$private/root"
  mv "$private/root" "$directory"
  rm -rf "$private"
}

# The machine's own source of Debian, with another suite: no registry is named here.
debian_source() {
  local files=() file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [ -r "$file" ]; then files+=("$file"); fi
  done
  [ "${#files[@]}" -gt 0 ] || no_debian_source
  awk -v suite="$1" '
    function known(word) { return word ~ /^(bookworm|trixie|stable|oldstable)$/ }
    # Others name their suites after Debian too: their addresses end otherwise, or their keys are their own.
    function debian() {
      return signed ~ /debian-archive-keyring/ || uris ~ /\/debian(\/|\.list|$)/ && uris !~ /linux\/debian/
    }
    function flush() {
      if (uris != "" && wanted && debian()) { found = 1; print_source() }
      uris = signed = ""; wanted = 0
    }
    function print_source() {
      print "Types: deb"; print "URIs: " uris; print "Suites: " suite; print "Components: main"
      if (signed != "") print "Signed-By: " signed
    }
    found { exit }
    FNR == 1 { flush(); if (found) exit }
    FILENAME ~ /\.sources$/ && /^[ \t]*$/ { flush(); next }
    FILENAME ~ /\.sources$/ && $1 == "URIs:" { uris = $2; next }
    FILENAME ~ /\.sources$/ && $1 == "Signed-By:" { signed = $2; next }
    FILENAME ~ /\.sources$/ && $1 == "Suites:" { for (i = 2; i <= NF; i++) if (known($i)) wanted = 1; next }
    FILENAME ~ /\.list$/ && $1 == "deb" {
      if (match($0, /signed-by=[^] ]+/)) signed = substr($0, RSTART + 10, RLENGTH - 10)
      sub(/\[[^]]*\]/, "")
      uris = $2
      wanted = known($3)
      flush()
    }
    END { if (!found) flush(); exit !found }
  ' "${files[@]}" || no_debian_source
}

no_debian_source() {
  fail "this machine has no Debian package source to take restic from: list two in HOLDFAST_TEST_RESTIC"
}
