#!/usr/bin/env bash
# Installs from the distribution what building, testing and measuring need and
# what is not there yet: run twice, it does nothing the second time.
#
#   scripts/setup.sh            for a machine that has Go, gcc, make and git
#   scripts/setup.sh --base     these four too (the Vagrant box); Go by golang-go,
#                               which then fetches the toolchain that go.mod names
#   scripts/setup.sh --vm       what emulated machines need, too (make test-vm)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# The committed BPF objects come from this clang; an older one still checks that
# the sources compile (see generate-check in the Makefile).
clang_wanted=19
clang_oldest=14

known() { apt-cache show "$1" >/dev/null 2>&1; }

installed() { [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == *' installed' ]]; }

# refresh fetches the package lists at most once, and only when something must
# be installed that the lists at hand do not know or can no longer deliver.
refreshed=
refresh() {
	[[ -z $refreshed ]] || return 0
	refreshed=1
	as_root apt-get update -q
}

install() {
	local lacking=() package
	for package in "$@"; do
		installed "$package" || lacking+=("$package")
	done
	((${#lacking[@]})) || return 0
	for package in "${lacking[@]}"; do
		known "$package" || refresh
	done
	say "installing ${lacking[*]}"
	apt_install "${lacking[@]}" || { refresh && apt_install "${lacking[@]}"; }
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "$@"
}

# optional installs the first of the packages that the distribution has; a test
# that needs what none of them gave says so itself.
optional() {
	local tool=$1 package
	shift
	! has "$tool" || return 0
	for package in "$@"; do
		if known "$package" && install "$package" && has "$tool"; then
			return 0
		fi
	done
	say "$tool is not to be had from this distribution: what needs it is skipped"
}

install_clang() {
	local v
	! has "clang-$clang_wanted" || { install "llvm-$clang_wanted" && return 0; }
	known "clang-$clang_wanted" || refresh
	for ((v = clang_wanted; v >= clang_oldest; v--)); do
		if known "clang-$v"; then
			install "clang-$v" "llvm-$v"
			return
		fi
	done
	die "clang $clang_oldest or newer is not to be had from this distribution"
}

install_base() {
	install gcc libc6-dev make git ca-certificates
	! has go || return 0
	local release
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	if [[ $release == bookworm ]]; then
		# Its own golang-go is older than toolchain switching (Go 1.21).
		echo "deb http://deb.debian.org/debian bookworm-backports main" |
			as_root tee /etc/apt/sources.list.d/ptrace-ns-backports.list >/dev/null
		refresh
		apt_install -t bookworm-backports golang-go
	else
		install golang-go
	fi
}

install_vm() {
	install qemu-system-x86 qemu-system-arm kmod xz-utils debian-archive-keyring \
		gcc-aarch64-linux-gnu libc6-dev-arm64-cross
}

# install_browser is for the tests of what report makes.
install_browser() {
	! has chromium-headless-shell && ! has chromium && ! has google-chrome || return 0
	known chromium-headless-shell || known chromium || refresh
	if known chromium-headless-shell; then
		install chromium-headless-shell
	else
		optional chromium chromium
	fi
}

# unified holds where cgroup v2 is alone, without which crun does not work.
unified() { [[ $(stat -f -c %T /sys/fs/cgroup 2>/dev/null) == cgroup2fs ]]; }

main() {
	has apt-get || die "apt-get is not there: this script knows Debian and Ubuntu; see CONTRIBUTING.md for what to install"
	[[ ${1:-} != --base ]] || install_base
	[[ ${1:-} != --vm ]] || install_vm
	install_clang
	install docker.io containerd runc iptables busybox-static libc6-dev bpftrace zstd tmux strace libcap2-bin
	! unified || install podman crun conmon
	# Debian 13 took the client out of docker.io.
	optional docker docker-cli
	optional systemd-analyze systemd
	optional bpftool bpftool "linux-tools-$(uname -r)" linux-tools-generic
	optional forkstat forkstat # to compare with, as are bpftrace, strace and perf
	optional stress-ng stress-ng # what completeness is measured on
	install_browser
}

main "$@"
