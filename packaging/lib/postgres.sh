# shellcheck shell=bash
# A PostgreSQL server of our own, made of the programs that this system has installed. Sourced after common.sh by a script
# that sets $work. It ends by end_postgres and goes by remove_postgres, like the embedded one.

# Where root keeps the data, since PostgreSQL refuses root, and nobody else reaches what lies below /root.
shared_data=/var/cache/holdfast-quickstart

# Prints the directory of the newest PostgreSQL's server programs.
find_postgres() {
  local directory newest=
  # By number: version 9 is older than 15.
  for directory in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    if [ ! -x "$directory/initdb" ]; then continue; fi
    if printf '%s\n' "$newest" "$directory" | sort -V -C; then newest=$directory; fi
  done
  if [ -z "$newest" ] && command -v initdb >/dev/null; then newest=$(dirname -- "$(command -v initdb)"); fi
  [ -n "$newest" ] && printf '%s\n' "$newest"
}

# want_postgres: notes the server for install_wanted unless there is one.
want_postgres() {
  if find_postgres >/dev/null; then return 0; fi
  case $(package_manager) in
    dnf | zypper) wanted_packages+=(postgresql-server) ;;
    *) wanted_packages+=(postgresql) ;;
  esac
  wanted_for+=("a PostgreSQL server (the control plane)")
}

# install_wanted_alone: as install_wanted does, but Debian does not start a server of its own on the usual port.
install_wanted_alone() {
  local directory=/etc/postgresql-common/createcluster.d status=0
  local file=$directory/holdfast-quickstart.conf
  if [ "${#wanted_packages[@]}" = 0 ] || ! command -v apt-get >/dev/null || ! can_be_root; then
    install_wanted
    return
  fi
  as_root mkdir -p "$directory"
  as_root sh -c "echo 'create_main_cluster = false' >$file"
  (install_wanted) || status=1
  as_root rm -f "$file"
  [ "$status" = 0 ] || exit 1
  wanted_packages=()
  install_wanted
}

# as_server COMMAND...: as a user that PostgreSQL accepts.
as_server() {
  if [ "$(id -u)" != 0 ]; then
    "$@"
  else
    # Not in a directory that this user cannot reach.
    (cd / && setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@")
  fi
}

# start_system_postgres: its data are $work/postgres; sets $port.
start_system_postgres() {
  local programs version data=${work:?}/postgres
  programs=$(find_postgres) || fail "there is still no PostgreSQL server after one was installed"
  version=$("$programs/postgres" --version)
  if ! [[ $version =~ \ ([0-9]+) ]] || [ "${BASH_REMATCH[1]}" -lt 15 ]; then
    fail "$programs has $version: Holdfast needs PostgreSQL 15 or newer"
  fi
  if [ "$(id -u)" = 0 ]; then
    install -d -m 755 "$shared_data"
    data=$(mktemp -d "$shared_data/data-XXXXXX")
    chown nobody "$data"
    ln -s "$data" "$work/postgres"
  fi
  # The caller's language may never have been generated.
  as_server env LC_ALL=C "$programs/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C >"$work/initdb.log" 2>&1 </dev/null ||
    fail "initdb failed: $(tail -n 5 "$work/initdb.log")"
  printf '%s\n' 'host all postgres 127.0.0.1/32 trust' 'host all all 127.0.0.1/32 scram-sha-256' >"$data/pg_hba.conf"
  for _ in 1 2 3 4 5; do
    # Below the ports that Linux gives to outgoing connections.
    port=$((20000 + RANDOM % 10000))
    if as_server env LC_ALL=C "$programs/pg_ctl" -D "$data" -s -w -t 120 start \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" >"$work/postgres.log" 2>&1 </dev/null; then
      remember postgres "$(sed -n 1p "$data/postmaster.pid")"
      return 0
    fi
    # Another program may listen there.
    grep -q 'could not bind\|Address already in use' "$work/postgres.log" || break
  done
  tail -n 15 "$work/postgres.log" >&2
  fail "PostgreSQL did not start; its log is $work/postgres.log"
}
