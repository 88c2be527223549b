#!/usr/bin/env bash
# Runs the tests that need a kernel in emulated machines, one after the other.
#
#   scripts/vm-test.sh MACHINE...
#
# MACHINE is a kernel of vm-fetch.sh, as in 6.1-cloud, or one of another architecture, as
# in 6.1-cloud/arm64. VM_RUN is a regular expression of tests, all by default; VM_ACCEL=kvm
# takes the processor itself, where that is possible. What the tests said is left in
# bin/vm/results, and recordings of container runs in bin/vm/out.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/lib.sh

# Their own packages, so that container runtimes are the distribution's.
packages=(busybox-static bash dash coreutils util-linux procps libcap2-bin runc
	crun podman conmon golang-github-containers-common)

declare -A compiler=([amd64]=gcc [arm64]=aarch64-linux-gnu-gcc)

# build makes what goes into a machine of that architecture.
build() {
	local arch=$1 source
	export CGO_ENABLED=0
	go build -trimpath -o bin/vm/vm ./internal/vm
	GOARCH=$arch go build -trimpath -ldflags '-s -w' -o "bin/vm/$arch/init" ./internal/vm/guest
	GOARCH=$arch go build -trimpath -ldflags '-s -w' -o "bin/vm/$arch/ptrace-ns" ./cmd/ptrace-ns
	for source in testdata/helpers/*.c; do
		helper "$arch" "$source"
	done
}

helper() {
	local name=${2##*/} flags=()
	name=pn-${name%.c}
	[[ $name != pn-nothing ]] || flags=(-nostdlib)
	[[ bin/vm/$1/helpers/$name -ot $2 ]] || return 0
	mkdir -p "bin/vm/$1/helpers"
	"${compiler[$1]}" -std=gnu11 -O1 -static -pthread "${flags[@]}" -o "bin/vm/$1/helpers/$name" "$2"
}

# machine MACHINE runs all that is to be run in one.
machine() {
	local kernel=${1%%/*} arch=amd64 dir root results runner status=0
	[[ $1 != */* ]] || arch=${1##*/}
	dir=$(scripts/vm-fetch.sh kernel "$kernel" "$arch")
	root=$(scripts/vm-fetch.sh root tests "$arch" "${packages[@]}")
	build "$arch"
	results=bin/vm/results/$kernel-$arch.txt
	mkdir -p "${results%/*}" "bin/vm/out/$kernel-$arch"
	say "$1 is $(<"$dir/version")"
	cp "$dir/version" "$results"
	runner="$PWD/bin/vm/vm -arch $arch -accel ${VM_ACCEL:-tcg} -kernel $dir -init $PWD/bin/vm/$arch/init -root $root"
	runner+=" -add $PWD/bin/vm/$arch/helpers:/vm/helpers -add $PWD/bin/vm/$arch/ptrace-ns:/vm/ptrace-ns"
	runner+=" -memory 2048 -timeout 40m -out $PWD/bin/vm/out/$kernel-$arch"
	export PTRACE_NS_HELPERS=/vm/helpers PTRACE_NS_BINARY=/vm/ptrace-ns
	tests ./bpf "${VM_RUN:-.}"
	tests ./tracer "${VM_RUN:-.}"
	tests ./cmd/ptrace-ns/e2e "${VM_RUN:-^Test(Podman|Crun|RuncAlone)}"
	return "$status"
}

# tests PACKAGE RUN adds one package's results and shows what did not pass.
tests() {
	GOARCH=$arch nice go test -v -count=1 -timeout 35m -run "$2" -exec "$runner" "$1" |
		tee -a "$results" | grep -E '^ *--- (FAIL|SKIP)|^(ok|FAIL|panic)|^vm:|^ {4,}[a-z_]+\.go:' || status=1
}

(($#)) || die "usage: ${0##*/} MACHINE..."
mkdir -p bin/vm
failed=()
for name in "$@"; do
	machine "$name" || failed+=("$name")
done
((${#failed[@]} == 0)) || die "failed on ${failed[*]}"
