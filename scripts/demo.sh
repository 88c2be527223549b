#!/usr/bin/env bash
# Captures every session that the README and the recipes show: runs each example
# under bin/ptrace-ns, writes docs/demo/NAME.txt and puts that text, as it is, into
# the block behind the line "<!-- docs/demo/NAME.txt -->" of each document.
#
#   scripts/demo.sh [NAME...]    all examples, or only these
#
# It wants a docker that answers (scripts/runtimes.sh run scripts/demo.sh) and jq.
# DEMO_BIN=DIR takes the ptrace-ns of that directory instead of bin/.
#
# A capture that has another container or namespace of this machine in it is thrown
# away and made again: no other program's doings get into the documents.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/lib.sh

image=ptrace-ns-demo
documents=(README.md docs/recipes/*.md docs/kernels.md docs/tour.md)
out=docs/demo

[[ $(id -u) -eq 0 ]] || exec sudo -E scripts/demo.sh "$@"
for tool in docker containerd ctr jq zstdcat busybox unshare nsenter go; do
	has "$tool" || die "$tool is not there"
done
! docker inspect web >/dev/null 2>&1 || die "there is a container named web, and it is not the demo's"
PATH=${DEMO_BIN:-$PWD/bin}:$PWD/bin/helpers:$PATH
root=$PWD
work=$(mktemp -d)
# A containerd of our own; sockets have short names.
node=/run/pnd.$$
# remove_ours removes the containers that this run has made, and no other of that name.
remove_ours() {
	[[ ! -s $work/ids ]] || xargs docker rm -f <"$work/ids" >/dev/null 2>&1 || true
}
# shellcheck disable=SC2329 # the trap calls it
cleanup() {
	remove_ours
	[[ ! -d $node ]] || node_end
	docker rmi "$image" >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

make_image() {
	mkdir -p image/bin
	cp "$(command -v busybox)" image/bin/busybox
	local applet
	for applet in sh ls sleep tail; do ln -s busybox "image/bin/$applet"; done
	tar -C image -c . | docker import - "$image" >/dev/null
}

# web starts the container of that name. It has no network, so that nobody but the
# runtime has a part in its start.
web() {
	docker run -d --network none --name web "$image" "$@" >>ids
}

web_pid() { docker inspect -f '{{.State.Pid}}' web; }

# web_limited LIMIT COMMAND... is web with that much memory, and none to swap to.
web_limited() {
	docker run -d --network none --memory "$1" --memory-swap "$1" --name web "$image" "${@:2}" >>ids
}

# prompt NAME COMMAND runs a command and adds both to the capture.
prompt() {
	printf '$ %s\n' "$2" >>"captured/$1.txt"
	bash -c "$2" >>"captured/$1.txt" 2>&1
}

# The flag that follows is what a terminal has by itself: beside text, only
# warnings are logged there.
on_terminal='--log-level warn'

# watch_for NAME FLAGS starts watch and returns once it is attached.
watch_for() {
	name=$1
	printf '$ sudo ptrace-ns watch %s\n' "$2" >"captured/$name.txt"
	local i flags=$2
	# The header in the file says that all is attached.
	[[ $flags == *'-w '* ]] || flags+=" -w stream.ndjson"
	bash -c "exec ptrace-ns watch $on_terminal $flags" >>"captured/$name.txt" 2>&1 &
	watch=$!
	for ((i = 0; i < 100; i++)); do
		[[ ! -s ${flags##*-w } ]] || return 0
		sleep 0.05
	done
	die "watch $2 does not start"
}

# look NAME COMMAND runs one of the commands that look once.
look() {
	printf '$ sudo ptrace-ns %s\n' "$2" >"captured/$1.txt"
	bash -c "ptrace-ns $2" >>"captured/$1.txt" 2>&1
}

# watch_end lets what is under way come to its end, then interrupts watch.
watch_end() {
	sleep 0.4
	kill -INT "$watch"
	wait "$watch" || die "watch failed: $(tail -n 3 "captured/$name.txt")"
}

# watch_run NAME FLAGS runs watch with a command, to the end of both.
watch_run() {
	local status=0
	printf '$ sudo ptrace-ns watch %s\n' "$2" >"captured/$1.txt"
	bash -c "exec ptrace-ns watch $on_terminal $2" >>"captured/$1.txt" 2>&1 || status=$?
	((status == 0)) || printf '$ echo $?\n%d\n' "$status" >>"captured/$1.txt"
}

# ours fails when a capture names a container that is neither the demo's nor of a
# recording in the repository.
ours() {
	: >none.ndjson
	! grep -ohE '\b[0-9a-f]{64}\b' ./*.ndjson captured/* | sort -u | grep -vxFf ids | grep -qvxFf known
}

# shellcheck source-path=SCRIPTDIR source=demo-examples.sh
. "$root/scripts/demo-examples.sh"

# try captures one example; it fails when a stranger is in it.
try() {
	remove_ours
	rm -rf captured ./*.ndjson
	mkdir captured
	: >ids
	: >known
	"demo_$1" && ours
}

# insert puts the captures into the documents, each behind its marker.
insert() {
	local document=$1
	awk -v out="$out" '
		{ if (!skip) print }
		/^<!-- docs\/demo\/.*\.txt -->$/ { file = $2 }
		/^```/ && skip { skip = 0; print; next }
		/^```/ && file {
			while ((status = (getline line <file)) > 0) print line
			if (status < 0) exit 1
			close(file); file = ""; skip = 1
		}' "$document" >"$work/document" || die "$document: a capture is missing"
	cat "$work/document" >"$document"
}

make_image
wanted=("$@")
((${#wanted[@]})) || mapfile -t wanted < <(compgen -A function | sed -n 's/^demo_//p')
for example in "${wanted[@]}"; do
	for ((attempt = 1; ; attempt++)); do
		! try "$example" || break
		((attempt < 8)) || die "$example: a stranger comes in between again and again"
		sleep $((RANDOM % 5))
	done
	cp captured/*.txt "$root/$out/"
	say "$example captured"
done
cd "$root"
for document in "${documents[@]}"; do insert "$document"; done
