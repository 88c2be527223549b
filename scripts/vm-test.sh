#!/usr/bin/env bash
# Runs the tests that need a kernel in emulated machines, one after the other.
#
#   scripts/vm-test.sh MACHINE...
#   scripts/vm-test.sh --quick
#
# MACHINE is a kernel of vm-fetch.sh, as in 6.1-cloud, or one of another architecture, as
# in 6.1-cloud/arm64; :integrity or :confidentiality behind it is that kernel locked down.
# --quick is what make check has of it: whether each kernel takes the programs, and podman
# and crun, which this machine may not run. It skips, saying so, where no machine is to be
# had, unless PTRACE_NS_REQUIRE_KERNEL is set. What has passed is not run again until
# something changes that is no document: a run that was interrupted goes on there. VM_AGAIN=1
# runs it again. VM_RUN is a regular expression of tests, all by default: what it leaves out
# keeps its last result. VM_ACCEL=kvm takes the processor itself, where that is possible.
# ORACLE_STEPS is how many operations are compared with the oracle. What the tests said is
# left in bin/vm/results, and recordings of container runs in bin/vm/out.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/lib.sh

# Their own packages, so that container runtimes are the distribution's.
packages=(busybox-static bash dash coreutils util-linux procps libcap2-bin runc
	crun podman conmon golang-github-containers-common)

# Of the tests of the whole program those that want no Docker.
whole='^Test(Podman|Crun|RuncAlone|CtrRun|Pod|Doctor|Confined)'

declare -A compiler=([amd64]=gcc [arm64]=aarch64-linux-gnu-gcc)

# build makes what goes into a machine of that architecture.
build() {
	local arch=$1 source
	GOARCH=$arch go build -trimpath -ldflags '-s -w' -o "bin/vm/$arch/ptrace-ns" ./cmd/ptrace-ns &&
		GOARCH=$arch go -C testdata/pod build -buildvcs=false -trimpath -ldflags '-s -w' -o "$PWD/bin/vm/$arch/pod" . || return 1
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

# prepare MACHINE sets what the tests of one are run by.
prepare() {
	local place=${1%%:*} lockdown=
	[[ $1 != *:* ]] || lockdown=${1##*:}
	arch=amd64
	[[ $place != */* ]] || arch=${place##*/}
	dir=$(scripts/vm-fetch.sh kernel "${place%%/*}" "$arch") || die "no kernel $1"
	name=${place%%/*}-$arch${lockdown:+-$lockdown}
	results=bin/vm/results/$name.txt
	out=$PWD/bin/vm/out/$name
	mkdir -p "${results%/*}" "$out"
	title="$(<"$dir/version")${lockdown:+ lockdown=$lockdown}"
	say "$1 is $title"
	runner="$PWD/bin/vm/vm -arch $arch -accel ${VM_ACCEL:-tcg} -kernel $dir -init $PWD/bin/vm/$arch/init -out $out"
	runner+=${lockdown:+ -append lockdown=$lockdown}
}

# boots makes what any machine of that architecture begins with.
boots() {
	GOARCH=$1 go build -trimpath -ldflags '-s -w' -o "bin/vm/$1/init" ./internal/vm/guest
}

# furnish NAME PACKAGE... adds what runtimes and scenarios want, in place of what it added
# before.
furnish() {
	local root
	root=$(scripts/vm-fetch.sh root "$1" "$arch" "${@:2}") || die "no root file system for $arch"
	build "$arch" || die "no program for $arch"
	runner="${runner%% -root *} -root $root -memory 2048 -timeout 40m -add $PWD/bin/vm/$arch/helpers:/vm/helpers"
	runner+=" -add $PWD/bin/vm/$arch/ptrace-ns:/vm/ptrace-ns -add $PWD/bin/vm/$arch/pod:/vm/pod"
	export PTRACE_NS_HELPERS=/vm/helpers PTRACE_NS_BINARY=/vm/ptrace-ns PTRACE_NS_POD=/vm/pod
}

# machine MACHINE runs all that is to be run in one.
machine() {
	local arch dir name title results out runner status=0
	prepare "$1"
	boots "$arch"
	furnish tests "${packages[@]}"
	begin
	[[ $arch == amd64 ]] || part ./bpf . # no kernel is asked there: the architecture alone is another
	part ./tracer .
	furnish runtimes "${packages[@]}" containerd
	part ./cmd/ptrace-ns/e2e "$whole"
	return "$status"
}

# built prints the commit of what is in a machine: the last that changed more than documents.
built() {
	git log -1 --format=format:%h -- . ':!*.md'
	[[ -z $(git status --porcelain -- . ':!*.md') ]] || printf -- -dirty
}

# begin heads a new file of results, unless there is one of the same kernel which this run
# adds to: by VM_RUN, or because a part of the same build has passed.
begin() {
	if [[ -f $results && $(head -n 1 "$results") == "$title" ]]; then
		[[ -z ${VM_RUN:-} ]] || return 0
		[[ -n ${VM_AGAIN:-} ]] || ! grep -q "^=== passed .* of $(built)\$" "$results" || return 0
	fi
	echo "$title" >"$results"
}

# part PACKAGE RUN runs what there is of a package, unless that has passed.
part() {
	local built passed
	built=$(built)
	passed="=== passed $1 of $built"
	if [[ -z ${VM_RUN:-} ]] && grep -qxF "$passed" "$results"; then
		say "$1 has passed there, as of $built"
		return
	fi
	echo "=== of $built" >>"$results"
	tests "$1" "${VM_RUN:-$2}" || { status=1 && return; }
	[[ -n ${VM_RUN:-} || $built == *-dirty ]] || echo "$passed" >>"$results"
}

# tests PACKAGE RUN adds one package's results and shows what did not pass.
tests() {
	GOARCH=$arch nice go test -trimpath -v -count=1 -timeout 35m -run "$2" -exec "$runner" "$1" |
		tee -a "$results" | grep -E '^ *--- (FAIL|SKIP)|^(ok|FAIL|panic)|^vm:|^ {4,}[a-z_]+\.go:'
}

# loads MACHINE runs two tests in a machine that has nothing but them.
loads() {
	local arch dir name title results out runner
	prepare "$1"
	results=/dev/null
	tests ./tracer '^Test(EachProgramLoads|FollowProgramsLoad)$'
}

runtimes() {
	local arch dir name title results out runner
	prepare "$1"
	furnish tests "${packages[@]}"
	results=/dev/null
	tests ./cmd/ptrace-ns/e2e '^Test(Podman|Crun)'
}

available() {
	has qemu-system-x86_64 && has qemu-system-aarch64 &&
		scripts/vm-fetch.sh kernel 6.1-cloud amd64 && scripts/vm-fetch.sh kernel 6.12-cloud amd64 &&
		scripts/vm-fetch.sh kernel 6.1-cloud arm64 && scripts/vm-fetch.sh root tests amd64 "${packages[@]}"
} >/dev/null

# quick has two machines at a time, as each takes one processor.
quick() {
	local failed=0 loading
	available || unavailable
	boots amd64
	boots arm64
	export PTRACE_NS_REQUIRE_KERNEL=1 # a machine that is there has all that they want
	(loads 6.12-cloud && loads 6.1-cloud/arm64) >bin/vm/loading.txt 2>&1 &
	loading=$!
	(runtimes 6.1-cloud && loads 6.1-cloud) || failed=1
	wait "$loading" || failed=1
	cat bin/vm/loading.txt
	((failed == 0)) || die "a test failed"
}

unavailable() {
	[[ -z ${PTRACE_NS_REQUIRE_KERNEL:-} ]] || die "no machine is to be had, and PTRACE_NS_REQUIRE_KERNEL is set"
	say "no machine is to be had: other kernels, podman and crun were not tried"
	exit 0
}

(($#)) || die "usage: ${0##*/} MACHINE... | --quick"
mkdir -p bin/vm
export CGO_ENABLED=0
# Natively it is 6000.
export ORACLE_STEPS=${ORACLE_STEPS:-1500}
go build -trimpath -o bin/vm/vm ./internal/vm
if [[ $1 == --quick ]]; then
	quick
	exit
fi
failed=()
for name in "$@"; do
	machine "$name" || failed+=("$name")
done
((${#failed[@]} == 0)) || die "failed on ${failed[*]}"
