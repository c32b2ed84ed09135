# shellcheck shell=bash
# Where this machine takes Debian's packages from, and whole Debians made of them. Sourced after common.sh.

# The machine's own source of Debian, with another suite: no registry is named here.
debian_source() {
  local files=() file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [ -r "$file" ]; then files+=("$file"); fi
  done
  [ "${#files[@]}" -gt 0 ] || no_debian_source
  awk -v suite="$1" '
    function known(word) { return word ~ /^(bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)$/ }
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
  fail "this machine has no Debian package source, from which restic or a Debian of its own could be taken: tests can be
given two versions of restic in HOLDFAST_TEST_RESTIC, separated by a colon"
}

# bootstrap SUITE DIRECTORY [OPTION...]: a Debian of that suite; the directory appears when it is complete.
bootstrap() {
  local suite=$1 directory=$2 uri
  shift 2
  need debootstrap "to make a Debian of its own" debootstrap
  uri=$(debian_source "$suite" | sed -n 's/^URIs: //p')
  rm -rf "$directory" "$directory.part"
  debootstrap --variant=minbase "$@" "$suite" "$directory.part" "$uri" >"$directory.log" 2>&1 </dev/null ||
    fail "debootstrap failed: see $directory.log"
  mv "$directory.part" "$directory"
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
