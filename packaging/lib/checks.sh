# shellcheck shell=bash
# What a list of checks of a package or a machine is made of. Sourced, after common.sh. How a check is told is for the
# script that makes it: it counts in these two.

# shellcheck disable=SC2034  # The script that sources this counts in it and shows it.
checks=0
# shellcheck disable=SC2034  # The same.
bad=0

same() { [ "$1" = "$2" ] || { echo "found: $1; wanted: $2"; return 1; }; }

none() { [ -z "$1" ] || { echo "$1"; return 1; }; }
