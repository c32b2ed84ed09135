# shellcheck shell=bash
# A machine that has nothing: the root file system of a bare Debian, with the checkout in it, in which one command is run.
# Sourced after common.sh by a script that sets $work; takes root.
#
# What a bare Debian cannot know of the network that this machine is in is carried in, and only where this machine has
# it: certificates of its administrator's (/usr/local/share/ca-certificates), apt's proxies and its word on old lists,
# Maven's settings.xml, the proxies in the environment, names in /etc/hosts that are not of the loopback interface.

# shellcheck source=packaging/lib/debian.sh
. "${root:?}/packaging/lib/debian.sh"

# bare_base SUITE: prints the directory of the base system, made once and kept in .verify/; each machine only reads it.
bare_base() {
  local base=$root/.verify/fresh-$1
  if [ ! -d "$base" ]; then
    say "making a bare Debian $1 (into .verify/, once)"
    bootstrap "$1" "$base"
  fi
  printf '%s\n' "$base"
}

# bare_machine SUITE USER: lays out a machine in $work; its files are those of the base, but for what is in changes/.
# Sets $base and $home.
bare_machine() {
  local suite=$1 user=$2
  # Not in a pipe or a substitution, where a failure would be overlooked.
  bare_base "$suite" >"${work:?}/base"
  base=$(cat "$work/base")
  mkdir "$work/overlay" "$work/root"
  install -d -m 755 "$work/changes"
  # As closed as Debian has it.
  install -d -m 700 "$work/changes/root"
  if [ "$user" = root ]; then home=/root; else home=/home/$user; fi
  # A fresh Debian has package lists only once it has fetched them.
  run_bare root chroot / sh -c 'rm -rf /var/lib/apt/lists/* && apt-get clean'
  if [ "$user" != root ]; then run_bare root chroot / useradd --create-home --shell /bin/bash "$user"; fi
  carry_in
  git -c advice.detachedHead=false clone -q --no-hardlinks "$root" "$work/changes$home/holdfast"
  own "$user"
}

# own USER: what we have put into the home belongs to the user.
own() { if [ "$1" != root ]; then run_bare root chroot / chown -R "$1:$1" "/home/$1"; fi; }

# put_in MODE FILE PATH: a file of this machine becomes one of the bare machine.
put_in() {
  local directory
  directory=$work/changes$(dirname -- "$3")
  [ -d "$directory" ] || install -d -m 755 "$directory"
  install -m "$1" "$2" "$work/changes$3"
}

carry_in() {
  local file
  put_in 644 /etc/resolv.conf /etc/resolv.conf
  awk '!/^[ \t]*(#|$)/ && $1 !~ /^(127\.|::1$|fe00::|ff0)/' /etc/hosts >"$work/names"
  if [ -s "$work/names" ]; then put_in 644 "$work/names" /etc/hosts; fi
  for file in /usr/local/share/ca-certificates/*.crt; do
    if [ -r "$file" ]; then put_in 644 "$file" "$file"; fi
  done
  # Readable for all, as it is here: an ordinary user's apt reads it too.
  apt-config dump | sed -nE '/^Acquire::((https?|ftp)::(Proxy|CaInfo)|Check-)/Ip' >"$work/apt.conf"
  if [ -s "$work/apt.conf" ]; then put_in 644 "$work/apt.conf" /etc/apt/apt.conf.d/90outer; fi
  file=${HOME:-/root}/.m2/settings.xml
  if [ -r "$file" ]; then put_in 600 "$file" "$home/.m2/settings.xml"; fi
}

# carry_jdk JDK: as a JDK that the user has put there, for a Debian whose packages have none.
carry_jdk() {
  local target=$work/changes/usr/lib/jvm/${1##*/} trusted
  install -d -m 755 "$work/changes/usr/lib/jvm"
  cp -a "$1" "$target"
  trusted=$(readlink -f "$1/lib/security/cacerts")
  rm "$target/lib/security/cacerts"
  install -m 644 "$trusted" "$target/lib/security/cacerts"
}

# carry_repository: a copy of Maven's repository on this machine, which spares the downloads.
carry_repository() {
  [ -d "${HOME:-/root}/.m2/repository" ] || return 0
  install -d -m 755 "$work/changes$home/.m2"
  cp -a "${HOME:-/root}/.m2/repository" "$work/changes$home/.m2/"
}

# bound_memory MIB: gives the machine a control group; its directory is in $memory_group, which is empty if this machine
# cannot make one.
bound_memory() {
  local group
  memory_group=
  if [ -w /sys/fs/cgroup/memory/cgroup.procs ]; then
    group=/sys/fs/cgroup/memory/holdfast-fresh-$$
    mkdir "$group" && echo $(($1 * 1048576)) >"$group/memory.limit_in_bytes"
  elif [ -w /sys/fs/cgroup/cgroup.subtree_control ] &&
    echo +memory 2>/dev/null >/sys/fs/cgroup/cgroup.subtree_control; then
    group=/sys/fs/cgroup/holdfast-fresh-$$
    mkdir "$group" && echo $(($1 * 1048576)) >"$group/memory.max"
  else
    say "note: this machine gives us no control group for memory, so that the command's is not bounded"
    return 0
  fi || fail "the memory cannot be bounded to $1 MiB in $group"
  memory_group=$group
}

# run_bare USER chroot|pivot DIRECTORY COMMAND...: in the machine, with namespaces of its own for mounts and processes, so
# that all mounts and all processes are gone once the command has ended. By chroot no user namespaces can be had. A
# command that leaves processes behind has failed, unless bare_may_leave=yes.
run_bare() {
  if [ -n "${memory_group:-}" ]; then
    set -- "$memory_group" "$@"
  else
    set -- - "$@"
  fi
  # Started in the background, since only then a signal reaches us at once; what is started so ignores SIGINT unless it is
  # told not to.
  # shellcheck disable=SC2016  # The inner shell's own.
  env --default-signal=INT unshare --mount --pid --fork --kill-child --propagation private \
    "$BASH" -euo pipefail -c '. "$1/packaging/lib/common.sh"; work=$2 base=$3; . "$1/packaging/lib/bare.sh"; shift 3; enter "$@"' \
    bare "$root" "$work" "$base" "$@" </dev/null &
  bare=$!
  local status=0
  wait "$bare" || status=$?
  bare=
  return "$status"
}

# end_bare: for a script's end. The first process of the machine takes all others along.
end_bare() {
  if [ -n "${bare:-}" ] && kill -0 "$bare" 2>/dev/null; then
    kill -KILL "$bare" || true
    wait "$bare" 2>/dev/null || true
  fi
  if [ -n "${memory_group:-}" ]; then
    # A killed process leaves its group a moment later.
    (wait_for 10 "the end of the processes in $memory_group" rmdir "$memory_group" 2>/dev/null) ||
      say "note: $memory_group is left"
  fi
  memory_group=
}

# enter GROUP USER chroot|pivot DIRECTORY COMMAND...: as the first process of the new namespaces.
enter() {
  local group=$1 user=$2 how=$3 directory=$4 machine=$work/root
  local home=/root path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  local change=() become=() variables=() variable processes=/proc status=0
  shift 4
  if [ "$group" != - ]; then echo 0 >"$group/cgroup.procs"; fi
  mount -t overlay -o "lowerdir=$base,upperdir=$work/changes,workdir=$work/overlay" overlay "$machine"
  mount -t proc proc "$machine/proc"
  mount --rbind /sys "$machine/sys"
  mount -t tmpfs -o mode=755 tmpfs "$machine/dev"
  make_devices "$machine/dev"
  mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$machine/run"
  # Debian 13 has a /tmp in memory; that nothing can be run from it is what careful administrators add.
  mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=1g tmpfs "$machine/tmp"
  cd "$machine" || exit
  if [ "$user" != root ]; then
    home=/home/$user
    path=/usr/local/bin:/usr/bin:/bin
    become=(setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all)
  fi
  for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [ -n "${!variable:-}" ]; then variables+=("$variable=${!variable}"); fi
  done
  if [ "$how" = pivot ]; then
    mkdir -p mnt/outside
    pivot_root . mnt/outside
    cd /
    umount -l /mnt/outside
    rmdir /mnt/outside
  else
    change=(chroot .)
    processes=$machine/proc
  fi
  # shellcheck disable=SC2016  # The inner shell's own.
  "${change[@]}" env -i "${variables[@]}" PATH="$path" HOME="$home" USER="$user" LOGNAME="$user" TERM=dumb \
    LANG="${bare_language:-C}" TZ=America/St_Johns \
    "${become[@]}" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$directory" "$@" || status=$?
  [ "${bare_may_leave:-no}" = yes ] || tell_what_is_left || status=1
  exit "$status"
}

make_devices() {
  local name
  mknod -m 666 "$1/null" c 1 3
  mknod -m 666 "$1/zero" c 1 5
  mknod -m 666 "$1/full" c 1 7
  mknod -m 666 "$1/random" c 1 8
  mknod -m 666 "$1/urandom" c 1 9
  mknod -m 666 "$1/tty" c 5 0
  mkdir "$1/pts" "$1/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$1/pts"
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$1/shm"
  ln -s pts/ptmx "$1/ptmx"
  ln -s /proc/self/fd "$1/fd"
  for name in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${name%:*}" "$1/${name#*:}"; done
}

# tell_what_is_left: fails if the command has left processes behind; all of them end with us.
tell_what_is_left() {
  local deadline=$((SECONDS + 5))
  while processes_left; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      say "error: processes are left behind: ${left[*]}"
      return 1
    fi
    sleep 0.2
  done
}

# Whether there are others than ourselves and those that have ended.
processes_left() {
  local stat state
  left=()
  for stat in "$processes"/[0-9]*/stat; do
    state=$(sed 's/.*) //; s/ .*//' "$stat" 2>/dev/null) || continue
    case ${stat%/stat}:$state in "$processes/1:"* | *:Z | *:) continue ;; esac
    left+=("$(cat "${stat%stat}comm" 2>/dev/null)")
  done
  [ "${#left[@]}" -gt 0 ]
}
