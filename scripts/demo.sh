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
documents=(README.md docs/recipes.md docs/kernels.md)
out=docs/demo

[[ $(id -u) -eq 0 ]] || exec sudo -E scripts/demo.sh "$@"
for tool in docker jq busybox unshare nsenter; do
	has "$tool" || die "$tool is not there"
done
! docker inspect web >/dev/null 2>&1 || die "there is a container named web, and it is not the demo's"
PATH=${DEMO_BIN:-$PWD/bin}:$PWD/bin/helpers:$PATH
root=$PWD
work=$(mktemp -d)
# remove_ours removes the containers that this run has made, and no other of that name.
remove_ours() {
	[[ ! -s $work/ids ]] || xargs docker rm -f <"$work/ids" >/dev/null 2>&1 || true
}
# shellcheck disable=SC2329 # the trap calls it
cleanup() {
	remove_ours
	docker rmi "$image" >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

make_image() {
	mkdir -p image/bin
	cp "$(command -v busybox)" image/bin/busybox
	local applet
	for applet in sh ls sleep; do ln -s busybox "image/bin/$applet"; done
	tar -C image -c . | docker import - "$image" >/dev/null
}

# web starts the container of that name. It has no network, so that nobody but the
# runtime has a part in its start.
web() {
	docker run -d --network none --name web "$image" "$@" >>ids
}

web_id() { docker inspect -f '{{.Id}}' web | cut -c1-12; }

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

# ours fails when a capture names a container that is not the demo's.
ours() {
	: >none.ndjson
	! grep -ohE '\b[0-9a-f]{64}\b' ./*.ndjson captured/* | sort -u | grep -qvxFf ids
}

# --- the examples, by their names

demo_session() {
	watch_for session "--new-pidns -e -rename,-cgroup -F 'signal != \"SIGURG\"'"
	prompt session-commands "docker run -d --network none --name web $image sh -c 'sleep 1000 & sleep 2000 & wait'"
	sed -n 2p captured/session-commands.txt >>ids
	sleep 0.5
	prompt session-commands "docker exec web sh -c 'sleep 3000 &'"
	prompt session-commands "docker stop -t 1 web"
	watch_end
	(($(grep -c '◆ pidns_\(create\|enter\)' captured/session.txt) == 2))
}

# Strangers that are namespaces have no ids: here one line too many throws the
# capture away, as one namespace too many does above.
demo_namespaces() {
	web sh -c 'sleep 1000 & wait'
	unshare --kill-child --pid --fork unshare --pid --fork sleep 2000 2>/dev/null &
	local unshare=$!
	sleep 0.3
	look namespaces "namespaces | sed 2d"
	# From the inside out, so that each is reaped by its parent.
	kill -KILL "$(pgrep -P "$(pgrep -P "$unshare")")"
	wait "$unshare" || true
	(($(wc -l <captured/namespaces.txt) == 5)) && grep -q 'sleep 2000' captured/namespaces.txt
}

demo_dying() {
	unshare --kill-child --pid --fork sleep 1000 2>/dev/null &
	local unshare=$! init enter
	sleep 0.2
	init=$(pgrep -P "$unshare")
	nsenter --target "$init" --pid sleep 2000 2>/dev/null &
	enter=$!
	sleep 0.2
	kill -STOP "$enter"
	kill -KILL "$init"
	sleep 0.5
	look dying "namespaces | sed 2d"
	kill -CONT "$enter"
	{ wait "$enter" "$unshare"; } 2>/dev/null || true
	(($(wc -l <captured/dying.txt) == 5)) && grep -q 'waiting for' captured/dying.txt
}

demo_tree() {
	web sh -c 'sleep 1000 & sleep 2000 & wait'
	docker exec -d web sh -c 'sleep 3000 & sleep 4000'
	sleep 0.3
	look tree "tree -s $(docker inspect -f '{{.State.Pid}}' web)"
	look tree-container "tree -a -c $(web_id)"
}

demo_lineage() {
	web sh -c 'sleep 1000 & wait'
	local pid i
	pid=$(docker inspect -f '{{.State.Pid}}' web)
	look lineage "lineage $pid"
	printf '$ sudo ptrace-ns lineage --live %s\n' "$pid" >captured/lineage-live.txt
	bash -c "exec ptrace-ns lineage $on_terminal --live $pid" >>captured/lineage-live.txt 2>&1 &
	watch=$!
	for ((i = 0; i < 100 && $(wc -l <captured/lineage-live.txt) < 2; i++)); do sleep 0.05; done
	docker stop -t 1 web >/dev/null
	wait "$watch" || die "lineage failed: $(tail -n 3 captured/lineage-live.txt)"
}

demo_containers() {
	watch_for containers "--new-pidns -e container_start,container_exit"
	web sh -c 'sleep 1000 & wait'
	sleep 0.3
	docker stop -t 1 web >/dev/null
	watch_end
}

demo_shim() {
	watch_for shim "-p $(pidof -s containerd) --follow -e fork,reparent,pidns_create"
	web sleep 1000
	watch_end
}

demo_killer() {
	web sh -c 'sleep 1000 & wait'
	watch_for killer "-c $(web_id) -e exit,pidns_reap,pidns_destroy -w killed.ndjson"
	# A job without ties to this terminal, like one that a timer starts.
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\nsleep 0.2\nkill -9 "$1"\n' >cleanup.sh
	chmod +x cleanup.sh
	setsid -f ./cleanup.sh "$(docker inspect -f '{{.State.Pid}}' web)"
	sleep 0.3
	watch_end
	prompt killer-docker "docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' web"
	prompt killer-json "jq 'select(.event == \"exit\" and .killer.origin == \"user\") | .killer' killed.ndjson"
}

demo_pid1() {
	web sh -c 'sleep 1000 & wait'
	watch_run pid1 "-q -c $(web_id) -e snapshot --timeout 500ms"
	prompt pid1-docker "docker inspect -f '{{.State.Pid}}' web"
}

demo_command() { watch_run command "-- sh -c '(sleep 0.1 &); ls / | wc -l; sleep 0.2'"; }

demo_grown() { watch_run grown "-q -e reparent --tree -- sh -c '(sleep 0.1 &); ls / | wc -l; sleep 0.2'"; }

demo_init() {
	watch_run init "-e -rename -- unshare --pid --fork --mount-proc sh -c 'sleep 9 & sleep 9 & sleep 0.1; exit 3'"
}

demo_failed() {
	watch_run failed "--syscalls -e clone_failed,exit -- unshare --pid sh -c '/bin/true; /bin/true'"
}

demo_record() {
	watch_run record "-q -o json -- sh -c 'ls /nowhere; sleep 0.1; sleep 0.2 & sh -c \"exit 3\"; wait' >start.ndjson"
	prompt record-counts "jq -r .event start.ndjson | sort | uniq -c"
	prompt record-failed "jq -c 'select(.event == \"exit\" and .exit.code != 0) | {pid: .process.pid, comm: .process.comm, exit}' start.ndjson"
	prompt record-images "jq -r 'select(.event == \"exec\") | \"\\(.process.parent.comm) ran \\(.process.args)\"' start.ndjson"
}

# A reader that is stopped reads nothing; a small ring is soon full.
demo_lost() {
	watch_for lost "--buffer 128K --max-args 4K -F 'event == \"lost\"'"
	kill -STOP "$watch"
	prompt lost-load "for i in {1..1000}; do (:); done"
	kill -CONT "$watch"
	sleep 1
	watch_end
}

demo_inum() {
	watch_run inum "-q -o json -e pidns_create -- sh -c 'for i in 1 2 3; do unshare --pid --fork true; sleep 0.1; done' | jq -c '.pidns | objects'"
}

demo_status() {
	watch_run status "-q -e exit --fields event,process.comm,exit -- sh -c 'sh -c \"exit 137\"; sh -c \"kill -9 \\\$\\\$\"'"
}

# Three of the programs that the tests use; they start when something is typed.
demo_leader() {
	watch_run leader "-q --threads -e thread_exit,exit --fields event,process.pid,process.tid,process.comm,exit,lifetime_ns -- sh -c 'echo | pn-threads T04 50 >/dev/null'"
}

demo_worker() {
	watch_run worker "-q --threads -e thread_start,thread_exit,exit --fields event,process.pid,process.tid,process.comm,clone_flags -- sh -c 'echo | pn-threads T17 >/dev/null'"
}

demo_broken() {
	watch_run broken "-q -e rename,exec,exit --fields event,process.comm,old_comm,in_exec,exit -- sh -c 'echo | pn-exec S09 >/dev/null'"
}

# try captures one example; it fails when a stranger is in it.
try() {
	remove_ours
	rm -rf captured ./*.ndjson
	mkdir captured
	: >ids
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
((${#wanted[@]})) || wanted=(session shim killer containers pid1 tree lineage namespaces dying command grown init failed
	record lost inum status leader worker broken)
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
