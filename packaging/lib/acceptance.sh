# shellcheck shell=bash
# What packaging/linux/acceptance does and asks in its machine. Sourced, after machine.sh and checks.sh.

url=postgresql://alice@127.0.0.1:5432/holdfast

step() { printf '\n== %s (%s s)\n' "$*" "$SECONDS" >&2; }

# check WHAT COMMAND...
check() {
  local what=$1
  shift
  checks=$((checks + 1))
  if "$@" >"${work:?}/said" 2>&1; then
    say "ok: $what"
  else
    bad=$((bad + 1))
    say "not ok: $what"
    tail -n 12 "$work/said" | sed 's/^/    /' >&2
  fi
}

at_least() { [ "$2" -ge "$1" ] || { echo "$2 is less than $1"; return 1; }; }

# says PATTERN COMMAND...: in the machine.
says() {
  local pattern=$1
  shift
  inside "$@" >"$work/answer" 2>&1 || true
  grep -q -- "$pattern" "$work/answer" || { cat "$work/answer"; return 1; }
}

# within SECONDS COMMAND...
within() {
  (wait_for "$1" "$2" "${@:2}") >/dev/null 2>&1 && return 0
  "${@:2}" || true
  query "SELECT job_name, triggered_by, outcome, metadata->>'code', error_message FROM runs ORDER BY start_time DESC LIMIT 3"
  return 1
}

unit() { inside systemctl show -P "$1" holdfast.service; }

is_active() { [ "$(unit ActiveState)" = active ]; }

other_process() { [ "$(unit MainPID)" != 0 ] && [ "$(unit MainPID)" != "$1" ]; }

main_process() { inside readlink "/proc/$(unit MainPID)/exe"; }

# No new rights, a filter of system calls, and the six capabilities.
has_few_rights() {
  local status
  status=$(inside cat "/proc/$(unit MainPID)/status")
  same "$(sed -n 's/^\(NoNewPrivs\|Seccomp\|CapEff\|CapBnd\):[[:space:]]*//p' <<<"$status" | xargs)" \
    "000000008000001f 000000008000001f 1 2"
}

cannot_write() {
  local directory
  for directory in "$@"; do
    inside nsenter -t "$(unit MainPID)" -m touch "$directory/written" && return 1
  done
  return 0
}

runs_newer() { inside grep -q '+newer.jar' "/proc/$(unit MainPID)/cmdline"; }

restarted() { [ "$(unit NRestarts)" -ge "$1" ]; }

# The programs of all processes, for what is ours among them.
our_processes() {
  inside find /proc -maxdepth 2 -name exe -printf '%l\n' | grep -E 'holdfast|restic' || true
}

journal() { inside journalctl -u holdfast.service --no-pager -o cat; }

# What systemd says of the unit, but for its starts and ends and what the steps bring about.
unit_complaints() {
  inside journalctl _PID=1 --no-pager -o cat | grep -i holdfast |
    grep -Ev '^(Starting|Started|Stopping|Stopped|Reloading|Reloaded) holdfast.service|was skipped because of an unmet condition' |
    grep -Ev 'holdfast.service: (Deactivated successfully|Consumed .* CPU time|Scheduled restart job)' |
    grep -Ev 'Watchdog timeout|with signal SIG(TERM|CONT|KILL)|code=(exited|killed|dumped), status=(5/NOTINSTALLED|9/KILL)|Failed with result .(watchdog|exit-code)|Failed to start holdfast.service' || true
}

tell_journal() {
  say "the end of the service's journal:"
  inside journalctl -u holdfast.service --no-pager -n 40 >&2 || true
}

# list_files: the whole machine but for what lives by itself. Of files also size and time: a changed one is seen.
list_files() {
  local path without=()
  # Not on its disk: /proc, /sys, /dev, /run, /tmp. Everybody's logs and caches: /var/log, /var/cache/{apt,man,ldconfig,debconf}.
  # apt's and dpkg's own records: /var/lib/{apt,dpkg}. What systemd and PostgreSQL write as they go: their directories,
  # the times of timers. Made anew by ldconfig: /etc/ld.so.cache. Ours: /srv/acceptance.
  for path in /proc /sys /dev /run /tmp /var/tmp /var/log /var/cache/apt /var/cache/man /var/cache/ldconfig \
    /var/cache/debconf /var/lib/apt /var/lib/dpkg /var/lib/postgresql /etc/ld.so.cache /srv/acceptance \
    /var/lib/systemd/random-seed /var/lib/systemd/timers /var/lib/systemd/catalog; do
    without+=(-path "$path" -prune -o)
  done
  inside find / "${without[@]}" -type f -printf '%M %u:%g %p %s %T@\n' -o -printf '%M %u:%g %p %l\n' | LC_ALL=C sort -k 3
}

list_packages() { inside dpkg --get-selections | cut -f1 | LC_ALL=C sort; }

# What was recommended. By name: autoremove keeps what any other package suggests.
purge_companions() {
  local companions
  companions=$(list_packages | LC_ALL=C comm -13 "$work/packages-before" -)
  echo "$companions"
  # shellcheck disable=SC2086 # several
  inside apt-get -qq -y purge $companions
}

# Some files that take all the rights of the unit to be read, and to be put back.
put_test_data() {
  local data=${machine:?}/srv/acceptance
  mkdir -p "$data/documents" "$data/backup" "$machine/home/alice" "$machine/srv/restored"
  echo letter >"$data/documents/letter"
  echo closed >"$data/documents/closed"
  echo program >"$data/documents/program"
  chown 1000:1000 "$data/documents"/* "$machine/home/alice"
  chmod 000 "$data/documents/closed"
  chmod 4750 "$data/documents/program"
  ln -s letter "$data/documents/link"
  mkfifo "$data/documents/pipe"
  echo private >"$machine/home/alice/private"
  chown 1000:1000 "$machine/home/alice/private"
  chmod 600 "$machine/home/alice/private"
  chmod 700 "$machine/home/alice"
  echo 'repository password' >"$data/repository-password"
  printf '127.0.0.1:*:*:%s\n' owner:owner alice:alice >"$data/pgpass"
  chmod 600 "$data/pgpass"
}

# The same program as a newer version, its jars by other names: what the running one loads late must not be missing.
make_newer_package() {
  local tree=$work/newer jar
  dpkg-deb -R "${package:?}" "$tree"
  for jar in "$tree"/usr/lib/holdfast/lib/*.jar; do mv "$jar" "${jar%.jar}+newer.jar"; done
  sed -i 's/\.jar$/+newer.jar/' "$tree/DEBIAN/md5sums"
  sed -i "s/^Version: .*/Version: ${newer:?}/" "$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -z1 -b "$tree" "$work/newer.deb" >/dev/null
  rm -rf "$tree"
}

# apt_install FILE: as an admin who has fetched it does.
apt_install() {
  local status=0
  cp "$1" "$machine/srv/acceptance/" || return 1
  inside apt-get -y install "/srv/acceptance/${1##*/}" || status=$?
  rm "$machine/srv/acceptance/${1##*/}"
  return "$status"
}

# asked COMMAND...: in the machine, with the passwords of owner and admin.
asked() { inside env PGPASSFILE=/srv/acceptance/pgpass "$@"; }

query() { asked psql -X -q -tA -v ON_ERROR_STOP=1 "$url" -c "$1"; }

holds() { [ "$(query "$1")" = t ]; }

make_control_plane() {
  inside su postgres -c "psql -q -c \"CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'owner'\" -c 'CREATE DATABASE holdfast OWNER owner'" &&
    asked holdfast migrate --database-url postgresql://owner@127.0.0.1:5432/holdfast &&
    asked psql -q -h 127.0.0.1 -U owner holdfast -c "CREATE ROLE alice LOGIN PASSWORD 'alice' IN ROLE backup_admin"
}

enrol() {
  asked holdfast enrol-token --device deb-01 --database-url "$url" | inside holdfast register --token -
}

configure_repository() {
  query "UPDATE settings SET value = '/srv/acceptance/backup/repository' WHERE key = 'repository_url';
         UPDATE settings SET value = 'repository password' WHERE key = 'repository_password';
         UPDATE settings SET value = 'true' WHERE key = 'repository_auto_init'"
}

# job NAME PATHS
job() {
  query "INSERT INTO backup_jobs (device_id, name, source_paths, retry_delay_seconds) VALUES ('deb-01', '$1', ARRAY[$2], 1)"
}

# schedule NAME VALUES
schedule() {
  query "INSERT INTO schedules (job_id, schedule_type, cron_expression, interval_seconds)
         SELECT id, $2 FROM backup_jobs WHERE name = '$1'"
}

# slow_job NAME SECONDS: due at once, and once.
slow_job() {
  mkdir "$machine/srv/acceptance/$1"
  head -c "$(($2 * 300 * 1024))" /dev/urandom >"$machine/srv/acceptance/$1/random"
  job "$1" "'/srv/acceptance/$1'"
  query "UPDATE backup_jobs SET restic_args = '[\"--limit-upload\", \"300\", \"--pack-size\", \"4\"]' WHERE name = '$1'"
  schedule "$1" "'interval', NULL, 86400"
}

# make_quick JOB: from its next run on.
make_quick() { query "UPDATE backup_jobs SET restic_args = '[]' WHERE name = '$1'"; }

# at_work JOB: restic has begun to store.
at_work() {
  [ -n "$(inside ls /srv/acceptance/backup/repository/locks)" ] &&
    holds "SELECT count(*) = 1 FROM runs WHERE job_name = '$1' AND status = 'running' AND progress IS NOT NULL"
}

succeeded() { holds "SELECT count(*) = 1 FROM runs WHERE job_name = '$1' AND outcome = 'success'"; }

# ended_as JOB OUTCOME CODE: its first run; any code if it is empty.
ended_as() {
  query "SELECT outcome, metadata->>'code', error_message FROM runs WHERE job_name = '$1' ORDER BY start_time LIMIT 1"
  holds "SELECT outcome = '$2' AND metadata->>'code' LIKE '${3:-%}' FROM runs WHERE job_name = '$1' ORDER BY start_time LIMIT 1"
}

restic_does() {
  inside env RESTIC_REPOSITORY=/srv/acceptance/backup/repository RESTIC_PASSWORD_FILE=/srv/acceptance/repository-password \
    restic --no-cache --no-lock "$@"
}

# repository_is_sound JOB: has a snapshot of it, no lock, and restic finds nothing wrong.
repository_is_sound() {
  local snapshot
  snapshot=$(query "SELECT snapshot_id FROM runs WHERE job_name = '$1' AND outcome = 'success' ORDER BY start_time LIMIT 1")
  restic_does snapshots "$snapshot" | grep "^${snapshot:0:8}" || return 1
  none "$(restic_does list locks)" || return 1
  restic_does check
}

# same_files DIRECTORY DIRECTORY: names, kinds, owners, rights, times, contents.
same_files() {
  local list
  list="find . -printf '%P %M %U:%G %s %Ts %l\n' | sort; find . -type f -exec md5sum {} + | sort"
  diff <(inside sh -c "cd '$1' && $list") <(inside sh -c "cd '$2' && $list")
}

status_is_well() { inside systemctl show -P StatusText holdfast.service | grep -v 'synced last'; }

# Records that were delivered are kept for a while, in a directory of their own.
all_is_delivered() {
  none "$(inside find /var/lib/holdfast/spool /var/lib/holdfast/open-runs -maxdepth 1 -name '*.json')"
}

# Who the machine is, and the first of its jobs.
identity() {
  inside md5sum /etc/holdfast/holdfast.yaml /etc/holdfast/database-password
  inside holdfast jobs | sed -n 's/^\(documents\|reboot\|power\) .* //p'
  query "SELECT id FROM devices"
}

same_identity() { diff "$work/identity" <(identity); }

# drop_in LINE...: what 'systemctl edit holdfast' writes.
drop_in() {
  mkdir -p "$machine/etc/systemd/system/holdfast.service.d"
  printf '%s\n' '[Service]' "$@" >"$machine/etc/systemd/system/holdfast.service.d/short.conf"
  inside systemctl daemon-reload
}
