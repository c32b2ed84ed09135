# shellcheck shell=bash
# What the scripts in packaging/ have in common. Sourced, never run.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

# The directory of the script's own data: processes that it started, their logs. Scripts that start any set it.
work=${work:-}

# Some commands of administration are in no ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

# Debian's psql is started by a Perl script, which complains at length about a language that is not generated.
export PERL_BADLANG=0

# What the caller's shell says of other databases and repositories is not for us.
unset "${!PG@}" "${!RESTIC_@}"

# make_work: sets work to a directory of its own in target/. Not in /tmp, from which a machine may permit no program to be
# run.
make_work() {
  mkdir -p "$root/target"
  work=$(mktemp -d "$root/target/work.XXXXXX")
}

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

package_manager() {
  local manager
  for manager in apt-get dnf zypper pacman apk; do
    if command -v "$manager" >/dev/null; then
      echo "$manager"
      return 0
    fi
  done
  fail "no known package manager is on this machine: see README.md for what has to be installed by hand"
}

# The command line that installs packages. Others than apt-get are not tested.
install_line() {
  case $(package_manager) in
    apt-get) echo "apt-get install --no-install-recommends" ;;
    dnf) echo "dnf install" ;;
    zypper) echo "zypper install" ;;
    pacman) echo "pacman -S" ;;
    apk) echo "apk add" ;;
  esac
}

# The state of the package lists: old, fetched, or unfetched if that was tried in vain.
package_lists=old

# A package source that cannot be reached must not stop us: perhaps nothing is needed from it.
apt_update() {
  [ "$package_lists" = old ] || return 0
  # Without the mode, apt-get update succeeds although it could fetch nothing.
  if as_root env LC_ALL=C.UTF-8 apt-get -qq -o APT::Update::Error-Mode=any update >/dev/null </dev/null; then
    package_lists=fetched
  else
    package_lists=unfetched
    say "note: the package lists cannot be fetched, at least not all of them"
  fi
}

# What a system calls a package of Debian's.
package_name() {
  case $(package_manager):$1 in
    apt-get:* | apk:*) echo "$1" ;;
    *:postgresql-client) echo postgresql ;;
    *) echo "$1" ;;
  esac
}

install_packages() {
  say "installing $*"
  case $(package_manager) in
    apt-get)
      apt_update
      # In a language that is not generated, Perl complains once for each package.
      as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -qq -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "$@" >/dev/null </dev/null && return 0
      [ "$package_lists" != unfetched ] || fail "$* cannot be installed: the package lists cannot be fetched"
      fail "$* cannot be installed by apt-get"
      ;;
    *) say "note: only Debian is tested" ;;&
    dnf) as_root dnf -q -y install "$@" >&2 </dev/null ;;
    zypper) as_root zypper -q -n install "$@" >&2 </dev/null ;;
    pacman) as_root pacman -S --noconfirm "$@" >&2 </dev/null ;;
    apk) as_root apk add -q "$@" >&2 </dev/null ;;
  esac || fail "$* cannot be installed"
}

# What is missing: packages, what each is for, the commands that they bring. With no_jdk=yes no package has a JDK.
wanted_packages=()
wanted_for=()
wanted_commands=()
no_jdk=no

# want COMMAND PURPOSE PACKAGE: notes the package for install_wanted unless the command is there.
want() {
  local package
  if command -v "$1" >/dev/null; then return 0; fi
  package=$(package_name "$3")
  # One package may bring several of the commands.
  if [[ " ${wanted_packages[*]} " != *" $package "* ]]; then wanted_packages+=("$package"); fi
  wanted_for+=("$1 ($2)")
  wanted_commands+=("$1")
}

# Installs in one go what was noted, or lists all of it with the line to type.
install_wanted() {
  local command line
  if [ "${#wanted_packages[@]}" -gt 0 ] && ! can_be_root; then
    say "error: this is missing, and to install it takes root:"
    printf '  %s\n' "${wanted_for[@]}" >&2
    line="$(install_line) ${wanted_packages[*]}"
    if [ "$(package_manager)" = apt-get ]; then line="apt-get update && $line"; fi
    say "Type this as root, then start again as yourself:"
    say "  $line"
    [ "$no_jdk" = no ] || where_a_jdk_is
    exit 1
  fi
  if [ "$no_jdk" = yes ]; then
    where_a_jdk_is
    exit 1
  fi
  if [ "${#wanted_packages[@]}" = 0 ]; then return 0; fi
  install_packages "${wanted_packages[@]}"
  hash -r
  for command in "${wanted_commands[@]}"; do
    command -v "$command" >/dev/null || fail "$command is still missing after ${wanted_packages[*]} was installed"
  done
  wanted_packages=()
  wanted_for=()
  wanted_commands=()
}

# need COMMAND PURPOSE PACKAGE: installs the package unless the command is there.
need() {
  want "$@"
  install_wanted
}

system_name() { (. /etc/os-release 2>/dev/null && echo "${NAME:-this system} ${VERSION_ID:-}") || echo "this system"; }

where_a_jdk_is() {
  say "error: there is no JDK 25 on this machine, nor do the packages of $(system_name) have one"
  cat >&2 <<'END'
Any of these helps:
  - Adoptium's apt repository, once it is set up as Adoptium describes, has a JDK for Debian 12; type as root:
      apt-get update && apt-get install temurin-25-jdk
  - a JDK 25 that is unpacked anywhere is named by JAVA_HOME:
      JAVA_HOME=/opt/jdk-25 packaging/quickstart
  - no JDK is needed to try a package that was built on another machine by packaging/build-deb:
      packaging/quickstart --package holdfast_VERSION_ARCHITECTURE.deb
END
}

# has_candidate PACKAGE: whether apt could install it. No pipe: grep -q would leave early, and apt-cache die of it.
has_candidate() {
  local policy
  policy=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null </dev/null) || return 1
  [[ $policy =~ Candidate:\ [0-9] ]]
}

# Prints the system's package with a JDK 25; fails if it has none.
jdk_package() {
  local package
  case $(package_manager) in
    apt-get)
      for package in temurin-25-jdk openjdk-25-jdk-headless; do
        if has_candidate "$package"; then
          echo "$package"
          return 0
        fi
      done
      # Who is not root may have no package lists to look into: only Debian 12 is known to have none.
      ! can_be_root && [ "$(system_name)" != "Debian GNU/Linux 12" ] && echo openjdk-25-jdk-headless
      ;;
    dnf | zypper) echo java-25-openjdk-devel ;;
    pacman) echo jdk-openjdk ;;
    apk) echo openjdk25 ;;
  esac
}

# want_jdk: notes the JDK for install_wanted unless there is one.
want_jdk() {
  local package
  if find_jdk >/dev/null; then return 0; fi
  if command -v apt-get >/dev/null && can_be_root; then apt_update; fi
  if package=$(jdk_package); then
    wanted_packages+=("$package")
    wanted_for+=("a JDK 25 (Holdfast is built with it)")
  elif [ "$package_lists" = unfetched ]; then
    fail "there is no JDK 25 on this machine, and whether a package has one is unknown: the package lists cannot be fetched"
  else
    no_jdk=yes
  fi
}

# Sets JAVA_HOME to a JDK 25 or newer, installing one if the system's packages have it.
need_jdk() {
  want_jdk
  install_wanted
  JAVA_HOME=$(find_jdk) || fail "there is still no JDK 25 after one was installed: name it in JAVA_HOME"
  export JAVA_HOME
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

# Sets maven_version, not older than the build asks for. After need_jdk.
need_maven() {
  local said
  need mvn "the build" maven
  said=$(mvn -v 2>&1 </dev/null) || fail "$(command -v mvn) does not run: $said"
  # Debian's Maven puts an escape sequence before its name, whatever it is told of colours.
  maven_version=$(sed -n 's/^.*Apache Maven \([0-9.]*\).*/\1/p' <<<"$said")
  [ -n "$maven_version" ] || fail "$(command -v mvn) does not tell its version: see 'mvn -v'"
  printf '%s\n' 3.8.7 "$maven_version" | sort -V -C ||
    fail "Maven $maven_version is too old: the build needs 3.8.7 or newer"
  if [ "$(sed -n 's/^Java version: \([0-9]*\).*/\1/p' <<<"$said")" -lt 25 ]; then
    [ -z "${MAVEN_SKIP_RC:-}" ] || fail "Maven runs on an older Java than that in $JAVA_HOME: see 'mvn -v'"
    say "note: ~/.mavenrc or /etc/mavenrc names an older Java, and is left aside"
    export MAVEN_SKIP_RC=true
    need_maven
  fi
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

# create_database: an empty one for the control plane. Its owner is no superuser and cannot log in: see
# docs/control-plane.md. Whoever may act as the owner, as the superuser may, can migrate.
create_database() {
  database=postgres sql -c 'CREATE ROLE holdfast_owner NOLOGIN CREATEROLE' -c 'CREATE DATABASE holdfast OWNER holdfast_owner'
}

# sql [-x] STATEMENT: as the database's superuser, as an admin would in psql.
sql() {
  PGPASSWORD='' psql -X -q -P pager=off -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d "${database:-holdfast}" "$@"
}
