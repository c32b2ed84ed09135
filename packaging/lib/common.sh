# shellcheck shell=bash
# What the scripts in packaging/ have in common. Sourced, never run.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

# The directory of the script's own data: processes that it started, their logs. Scripts that start any set it.
work=${work:-}

# What the caller's shell says of other databases and repositories is not for us.
unset "${!PG@}" "${!RESTIC_@}"

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# Whether we are root or can become root without a question.
can_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null </dev/null; }; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_updated=no

# A package source that cannot be reached must not stop us: perhaps nothing is needed from it.
apt_update() {
  [ "$apt_updated" = no ] || return 0
  as_root apt-get -qq update >/dev/null </dev/null || say "note: some package lists could not be updated"
  apt_updated=yes
}

# install_package PURPOSE PACKAGE: through the system's package manager.
install_package() {
  can_be_root || fail "$2 is missing ($1), and to install it takes root: install it and start again"
  say "installing $2 ($1)"
  if command -v apt-get >/dev/null; then
    apt_update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
      install --no-install-recommends "$2" >/dev/null </dev/null || fail "$2 could not be installed by apt"
  else
    install_elsewhere "$1" "$(name_elsewhere "$2")"
  fi
}

install_elsewhere() {
  say "note: only Debian is tested"
  if command -v dnf >/dev/null; then
    as_root dnf -q -y install "$2"
  elif command -v zypper >/dev/null; then
    as_root zypper -q -n install "$2"
  elif command -v pacman >/dev/null; then
    as_root pacman -S --noconfirm "$2"
  elif command -v apk >/dev/null; then
    as_root apk add -q "$2"
  else
    fail "no known package manager: install $2 by hand ($1)"
  fi
}

# What others call a package of Debian's.
name_elsewhere() {
  case $1 in
    postgresql-client) if command -v apk >/dev/null; then echo "$1"; else echo postgresql; fi ;;
    *) echo "$1" ;;
  esac
}

# need COMMAND PURPOSE PACKAGE: installs the package unless the command is there.
need() {
  command -v "$1" >/dev/null || install_package "$2" "$3"
  hash -r
  command -v "$1" >/dev/null || fail "$1 is still missing after $3 was installed"
}

# Sets maven_version, not older than the build asks for.
need_maven() {
  need mvn "the build" maven
  # Debian's Maven puts an escape sequence before its name, whatever it is told of colours.
  maven_version=$(mvn -v 2>/dev/null </dev/null | sed -n 's/^.*Apache Maven \([0-9.]*\).*/\1/p')
  [ -n "$maven_version" ] || fail "$(command -v mvn) does not run: see 'mvn -v'"
  printf '%s\n' 3.8.7 "$maven_version" | sort -V -C ||
    fail "Maven $maven_version is too old: the build needs 3.8.7 or newer"
}

# Prints the home of the first JDK 25 or newer.
find_jdk() {
  local home version
  for home in "${HOLDFAST_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    if [ -z "$home" ] || [ ! -x "$home/bin/javac" ] || [ ! -r "$home/release" ]; then continue; fi
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
    if [ "${version:-0}" -ge 25 ]; then
      printf '%s\n' "$home"
      return 0
    fi
  done
  return 1
}

# Sets JAVA_HOME to a JDK 25 or newer, installing one if the system's packages have it.
need_jdk() {
  local package
  if ! JAVA_HOME=$(find_jdk); then
    if command -v apt-get >/dev/null && can_be_root; then
      apt_update
      for package in temurin-25-jdk openjdk-25-jdk-headless; do
        if apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
          install_package "the JDK that Holdfast is built with" "$package"
          break
        fi
      done
    fi
    JAVA_HOME=$(find_jdk) ||
      fail "there is no JDK 25, nor do this system's packages have one: install one and name it in JAVA_HOME"
  fi
  export JAVA_HOME
}

# Maven reads the sources with the JDK it runs on when it checks their format, so it runs on 25 too.
maven() {
  # The option silences a complaint about Maven's own libraries.
  (cd "$root" && MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow" \
    mvn -B -ntp -Dstyle.color=never "$@")
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "$what did not happen within $seconds s"
    sleep 0.5
  done
}

# remember NAME PID: writes down a process that we started, with its start time, so that no other is ever ended.
remember() { printf '%s %s\n' "$2" "$(started "$2")" >"$work/$1.pid"; }

# started PID: when it started, in clock ticks since boot; nothing if it has ended, waited for or not.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

# alive NAME: whether the process that was remembered under the name still runs.
alive() {
  local pid start
  [ -r "$work/$1.pid" ] || return 1
  read -r pid start <"$work/$1.pid" || return 1
  [ -n "$start" ] && [ "$(started "$pid")" = "$start" ]
}

gone() { ! alive "$1"; }

# end NAME [SIGNAL]: ends the process that was remembered under the name, if it is still that process.
end() {
  local pid
  if alive "$1"; then
    read -r pid _ <"$work/$1.pid"
    kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    wait_for 120 "the end of $1 (pid $pid)" gone "$1"
  fi
  rm -f "$work/$1.pid"
}

# start_postgres: an embedded PostgreSQL with its data in $work/postgres; sets $port. Java has ended when it runs.
start_postgres() {
  local embedded=$root/packaging/embedded-postgres/target ready pid
  ready=$("$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx256m -cp "$embedded/*:$embedded/lib/*" \
    io.holdfast.embedded.StartPostgres "$work/postgres" "$work/postgres.log" </dev/null) || exit 1
  read -r _ port pid <<<"$ready"
  remember postgres "$pid"
}

# SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
end_postgres() { end postgres INT; }

# remove_postgres: the data of the server that has ended. They lie elsewhere if the user nobody had to reach them.
remove_postgres() {
  if [ -L "$work/postgres" ]; then rm -rf "$(readlink -f -- "$work/postgres")"; fi
  rm -rf "$work/postgres"
}

# sql [-x] STATEMENT: as the database's superuser, as an admin would in psql.
sql() {
  PGPASSWORD='' psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d "${database:-holdfast}" "$@"
}
