# shellcheck shell=bash
# What setup.sh and runtimes.sh share. Sourced, never run.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$*"
	exit 1
}

# Daemons and dpkg live in the sbin directories, which are not in every user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

has() { command -v "$1" >/dev/null 2>&1; }

# as_root runs a command with root's rights: as it is, or through sudo.
as_root() {
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	elif has sudo; then
		sudo "$@"
	else
		die "root is needed for: $* (become root or install sudo)"
	fi
}
