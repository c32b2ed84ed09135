# shellcheck shell=bash
# A Debian machine to try the package on: a root of its own, a real systemd as its first process, no network. Sourced
# after common.sh by a script that sets $work.

# shellcheck source=packaging/lib/debian.sh
. "${root:?}/packaging/lib/debian.sh"

machine_packages=systemd,systemd-sysv,dbus,postgresql,man-db,bash-completion

# make_machine: $machine becomes the root of a fresh Debian; its files are those of a base that is kept in .verify/, and
# what is changed lies in $work.
make_machine() {
  local base=$root/.verify/machine-bookworm
  need systemd-nspawn "a machine that boots" systemd-container
  need nsenter "commands in it" util-linux
  need mount "its root" mount
  [ "$(id -u)" = 0 ] || fail "to boot a machine takes root"
  [ "$(cat "$base.holds" 2>/dev/null)" = "$machine_packages" ] || make_base "$base"
  machine=${work:?}/root
  name=holdfast-$$
  mkdir "$machine" "$work/changes" "$work/overlay"
  mount -t overlay -o "lowerdir=$base,upperdir=$work/changes,workdir=$work/overlay" overlay "$machine" ||
    fail "an overlay cannot be mounted on the file system of $work"
  make_groups
}

# make_base DIRECTORY: what is needed besides of what our package recommends is fetched now, since the machine has no
# network.
make_base() {
  local base=$1
  say "making a Debian bookworm with systemd and PostgreSQL (into .verify/, once)"
  rm -f "$base.holds"
  bootstrap bookworm "$base" --include="$machine_packages"
  {
    chroot "$base" apt-get clean
    chroot "$base" apt-get -q update
    chroot "$base" apt-get -q -y install --download-only restic ca-certificates
  } >>"$base.log" 2>&1 </dev/null || fail "the machine's package lists or restic cannot be had: see $base.log"
  echo debian >"$base/etc/hostname"
  echo "$machine_packages" >"$base.holds"
}

# The machine's processes get control groups of their own, so that several can be up at once.
make_groups() {
  local hierarchy
  groups=()
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    if [ -w "$hierarchy/cgroup.procs" ]; then
      mkdir "$hierarchy/$name"
      groups+=("$hierarchy/$name")
    fi
  done
}

# boot: and waits until systemd has started what it has to.
boot() {
  (
    for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
    exec systemd-nspawn -q -D "$machine" --machine="$name" --boot --register=no --keep-unit --link-journal=no \
      --private-network --console=pipe >>"$work/console.log" 2>&1 </dev/null
  ) &
  remember machine $!
  wait_for 120 "the start of the machine (see $work/console.log)" has_booted
}

has_booted() {
  alive machine || fail "the machine has ended: $(tail -n 5 "$work/console.log")"
  case $(inside systemctl is-system-running 2>/dev/null) in running | degraded) return 0 ;; *) return 1 ;; esac
}

# Prints the machine's first process.
first_process() {
  local pid children child
  read -r pid _ <"$work/machine.pid"
  read -ra children <"/proc/$pid/task/$pid/children" || true
  for child in "${children[@]}"; do
    # Before it has process numbers of its own it is not yet in the machine.
    if grep -qs '^NSpid:.*[[:space:]]1$' "/proc/$child/status"; then
      echo "$child"
      return 0
    fi
  done
  return 1
}

# inside COMMAND...: in the machine, as its root at a console.
inside() {
  local first
  first=$(first_process) || return 1
  nsenter -t "$first" -a env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# ended: waits until the machine has gone down, and returns what systemd-nspawn says of it.
ended() {
  local pid
  read -r pid _ <"$work/machine.pid"
  wait_for 180 "the machine's end" gone machine
  rm -f "$work/machine.pid"
  wait "$pid"
}

# reboot: as an admin does it. systemd-nspawn says by 133 that the machine wants to be started again.
reboot() {
  local status=0
  inside systemctl reboot >/dev/null 2>&1 || true
  ended || status=$?
  [ "$status" = 133 ] || fail "the machine did not reboot: systemd-nspawn ended with $status"
  boot
}

# lose_power: no process of it gets another word in.
lose_power() {
  kill -KILL "$(first_process)"
  ended || true
  boot
}

# remove_machine [keep]: what it was ends and goes; kept is its root.
remove_machine() {
  local group directory
  if alive machine; then
    # nspawn asks the machine to power off.
    kill "$(cut -d' ' -f1 "$work/machine.pid")" || true
    (wait_for 60 "the machine's end" gone machine) || kill -KILL "$(first_process)" || true
    (wait_for 30 "the machine's end" gone machine) || true
  fi
  for group in "${groups[@]}"; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || say "note: $group is left"
  done
  for directory in propagate unix-export; do rm -rf "/run/systemd/nspawn/$directory/${name:?}"; done
  [ "${1:-}" != keep ] || return 0
  if mountpoint -q "$machine"; then umount "$machine" || umount -l "$machine"; fi
}
