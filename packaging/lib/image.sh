# shellcheck shell=bash
# The installed program: jars, launcher, runtime image, ahead-of-time cache. For packaging/build-deb.

# What the agent and its libraries use. java.security.jgss: pgjdbc; jdk.unsupported: Hikari.
modules=java.base,java.sql,java.naming,java.management,java.xml,java.logging,jdk.unsupported,java.security.jgss,java.net.http

# stamp: sets version (as the agent says it), epoch and commit_time of the commit that is built.
stamp() {
  local release commit
  release=$(sed -n '/<version>/{s:.*<version>\(.*\)</version>.*:\1:p;q}' "${root:?}/pom.xml")
  epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)} || fail "this is no clone of the repository"
  commit=$(git -C "$root" rev-parse --short=8 HEAD)
  version=${release%-SNAPSHOT}
  if [ "$version" != "$release" ]; then version=$version~$(date -u -d "@$epoch" +%Y%m%d.%H%M%S).$commit; fi
  if [ -n "$(git -C "$root" status --porcelain)" ]; then
    version=$version+changed
    say "note: there are changes that are not committed; the version says so: $version"
  fi
  # shellcheck disable=SC2034  # Used by the script that sources this.
  commit_time=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
  export SOURCE_DATE_EPOCH=$epoch
}

# image HOME: fills the directory; all files have the commit's time, which the cache holds the jars to.
image() {
  local home=$1
  mkdir -p "$home"
  cp -a "$root/agent/target/holdfast/bin" "$root/agent/target/holdfast/lib" "$home/"
  rm -f "$home"/lib/holdfast.aot "$home"/lib/checker-qual-*.jar
  "$JAVA_HOME/bin/java" "$root/packaging/linux/Jars.java" "$home/lib"
  "$JAVA_HOME/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages \
    --output "$home/runtime"
  rm -f "$home/runtime/bin/keytool"
  strip --strip-unneeded "$home/runtime/lib/server/libjvm.so"
  chmod -R u=rwX,go=rX "$home"
  touch_all "$home"
}

# touch_all DIRECTORY
touch_all() { find "$1" -exec touch -h -d "@${epoch:?}" {} +; }

# train HOME: gives it its ahead-of-time cache, made for the classes that real commands and a real daemon load. Of
# lists of classes and not of one process's recording: those of several commands can be joined, and the same lists
# give the same cache.
train() {
  local home=$1 lists=${work:?}/classes restic
  need psql "a control plane to learn from" postgresql-client
  need restic "it makes a backup to learn from" restic
  restic=$(command -v restic)
  mkdir -p "$lists" "$work/files"
  echo "to be backed up" >"$work/files/file"
  export HOLDFAST_CONFIG=$work/holdfast.yaml
  start_postgres
  create_database
  local url=postgresql://postgres@127.0.0.1:${port:?}/holdfast
  # Not learnt: whoever migrates can wait, and every class costs all others room and time.
  "$home/bin/holdfast" migrate --database-url "$url" >>"$work/training.log" 2>&1 </dev/null
  learn "$home" register --id training --database-url "$url" --state-directory "$work/state" --restic "$restic"
  sql -c "UPDATE settings SET value = '$work/repository' WHERE key = 'repository_url'" \
    -c "UPDATE settings SET value = 'training' WHERE key = 'repository_password'" \
    -c "UPDATE settings SET value = 'true' WHERE key = 'repository_auto_init'" \
    -c "INSERT INTO backup_jobs (device_id, name, source_paths)
        SELECT 'training', 'job' || i, ARRAY['$work/files'] FROM generate_series(1, 5) i" \
    -c "INSERT INTO schedules (job_id, schedule_type, cron_expression)
        SELECT id, 'cron', '0 2 * * *' FROM backup_jobs"
  learn "$home" sync
  learn "$home" backup job1
  learn_daemon "$home"
  learn "$home" jobs
  learn "$home" runs
  learn "$home" doctor
  learn "$home" snapshots
  end_postgres
  # The numbers in a list hold in that list alone. In order of name, so that chance does not order the cache; what is
  # made of classes (lambdas, the lines with an @) comes after them, or the JVM leaves it out.
  cat "$lists"/*.list | sed '/^#/d; / source: /d; s/ id: [0-9]*$//' | LC_ALL=C sort -u >"$work/classes.sorted"
  { grep -v '^@' "$work/classes.sorted"; grep '^@' "$work/classes.sorted"; } >"$work/classes.all"
  HOLDFAST_JAVA_OPTIONS="-Xshare:dump -XX:+AOTClassLinking -XX:SharedClassListFile=$work/classes.all -XX:SharedArchiveFile=$home/lib/holdfast.aot" \
    "$home/bin/holdfast" doctor >"$work/dump.log" 2>&1 </dev/null || true
  [ -s "$home/lib/holdfast.aot" ] || fail "the JVM wrote no ahead-of-time cache: $(tail -n 5 "$work/dump.log")"
  chmod 644 "$home/lib/holdfast.aot"
}

# learn HOME COMMAND...: notes the classes that it loads. Its exit code is that of a training, and of no interest.
learn() {
  local home=$1
  shift
  say "learning from 'holdfast $1'"
  HOLDFAST_JAVA_OPTIONS="-XX:DumpLoadedClassList=$work/classes/$1.list" \
    "$home/bin/holdfast" "$@" >>"$work/training.log" 2>&1 </dev/null || say "note: it ended with exit code $?"
}

# A daemon that is ready, has heard of a backup by schedule, is asked for its status, and ends.
learn_daemon() {
  local home=$1
  HOLDFAST_JAVA_OPTIONS="-XX:DumpLoadedClassList=$work/classes/daemon.list" \
    "$home/bin/holdfast" daemon >>"$work/training.log" 2>&1 </dev/null &
  remember daemon $!
  wait_for 120 "the daemon's first sync" daemon_has_synced
  sql -c "INSERT INTO schedules (job_id, schedule_type, interval_seconds)
          SELECT id, 'interval', 86400 FROM backup_jobs WHERE name = 'job2'"
  wait_for 120 "the daemon's backup" daemon_has_backed_up
  learn "$home" status
  end daemon
}

daemon_has_synced() { grep -qs last_sync_at "$work/state/status.json"; }

daemon_has_backed_up() {
  [ "$(sql -tA -c "SELECT count(*) FROM runs WHERE triggered_by = 'schedule' AND outcome = 'success'")" != 0 ]
}
