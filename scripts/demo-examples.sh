#!/usr/bin/env bash
# The examples of scripts/demo.sh, each a function demo_NAME: it runs what a document
# shows, and fails when the capture does not hold what it is for.
#
# shellcheck disable=SC2154 # image, root, node are demo.sh's

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
	local init
	init=$(web_pid)
	look tree "tree -s $(pgrep -P "$init" | head -n 1)"
	look tree-container "tree -a -c web"
	look tree-threads "tree -t $(awk '/^PPid/ {print $2}' "/proc/$init/status")"
	look tree-jobs "tree -aj -c web"
	look tree-links "tree -sS -c web"
	look tree-json "tree -o json -c web | jq -c '.[0].process | {pid, ns, cgroup, container}'"
}

demo_api() {
	web sleep 1000
	watch_for api "-q -c web --runtime-api auto -e exec --fields event,process.comm,process.container.name,process.container.image,process.container.source"
	sleep 0.3
	docker exec web ls / >/dev/null
	watch_end
	grep -q 'api$' captured/api.txt
}

demo_ports() {
	docker run -d --publish 127.0.0.1:20002:3000 --name web "$image" sleep 1000 >>ids
	sleep 0.3
	local proxy
	proxy=$(pgrep -f -- '-host-port 20002 ' | head -n 1)
	look ports "tree $(awk '/^PPid/ {print $2}' "/proc/$proxy/status")"
	grep -q 'proxy tcp' captured/ports.txt && (($(wc -l <captured/ports.txt) == 3)) # else a stranger has one, too
}

# node_start starts a containerd of our own, with the half that a kubelet speaks to,
# and gives it a container's image and pause.
node_start() {
	mkdir -p "$node/image"
	cp "$root/bin/helpers/pn-pause" "$node/image/pause"
	tar -C "$node/image" -c . | docker import --change 'ENTRYPOINT ["/pause"]' - localhost/pause:1 >/dev/null
	docker tag "$image" localhost/demo:1
	docker save localhost/pause:1 localhost/demo:1 >"$node/images.tar"
	docker rmi localhost/demo:1 localhost/pause:1 >/dev/null
	cat >"$node/config.toml" <<-EOF
		version = 2
		root = "$node/root"
		state = "$node/state"
		disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
		[grpc]
		address = "$node/s"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "localhost/pause:1"
		restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".containerd]
		snapshotter = "native"
	EOF
	setsid containerd --config "$node/config.toml" --log-level warn 2>"$node/log" &
	containerd=$!
	go -C "$root/testdata/pod" build -buildvcs=false -o "$node/pod" .
	local i
	for ((i = 0; i < 100; i++)); do
		! ctr --address "$node/s" version >/dev/null 2>&1 || break
		sleep 0.1
	done
	ctr --address "$node/s" --namespace k8s.io images import --snapshotter native "$node/images.tar" >/dev/null
	pod ready localhost/pause:1 localhost/demo:1
}

pod() { "$node/pod" -socket "$node/s" -uid 5b7c2a1e "$@"; }

# node_end kills what is left of it.
node_end() {
	{ kill -KILL "$containerd" && wait "$containerd"; } 2>/dev/null || true
	# The shim has containerd's socket in its arguments; its children go with it.
	local shim child
	for shim in $(pgrep -f -- "-address $node/s\$"); do
		for child in $(pgrep -P "$shim"); do kill -KILL "$child" 2>/dev/null || true; done
		sleep 0.5
		kill -KILL "$shim" 2>/dev/null || true
	done
	{ grep -o " $node/[^ ]*" /proc/self/mounts || true; } | sort -r | xargs -r umount -l
	rm -rf "$node"
	find /sys/fs/cgroup -depth -type d -path '*/kubepods/besteffort/pod5b7c2a1e*' -exec rmdir {} + 2>/dev/null || true
}

# A pod, made as a kubelet makes it and recorded from below this containerd, whose files
# are not where others are looked for; then containerd is killed.
demo_pod() {
	local sandbox shim
	node_start
	watch_for pod-watch "-q -p $containerd --follow -w pod.zst"
	sandbox=$(pod sandbox)
	{
		echo "$sandbox"
		pod container "$sandbox" kubedns localhost/demo:1 /bin/sh -c 'sleep 1000 & wait'
		pod container "$sandbox" sidecar localhost/demo:1 /bin/sleep 2000
	} >>ids
	shim=$(pgrep -f -- "-id $sandbox -address $node/s\$")
	watch_end
	rm captured/pod-watch.txt
	kill -KILL "$containerd"
	wait "$containerd" 2>/dev/null || true
	look pod-orphaned "tree -s $shim"
	node_end
	prompt pod "ptrace-ns tree -r pod.zst $shim"
	prompt pod-starts "ptrace-ns replay -q -e container_start --fields event,process.pid,process.container.pod_namespace,process.container.pod,process.container.name,process.container.image pod.zst"
	grep -q sidecar captured/pod.txt && (($(wc -l <captured/pod.txt) == 6))
}

demo_clone() {
	watch_run clone "-q -o json -e fork,pidns_create -- sh -c 'echo | pn-pidns N01 >/dev/null' | jq -c 'select(.process.pids[1].pid == 1) | {event, clone_flags, via, pidns} | del(.[] | nulls)'"
	watch_run unshare "--syscalls -e unshare,fork,pidns_create -- unshare --fork --pid --mount --uts --ipc true"
}

demo_oom() {
	watch_for oom "--new-pidns -e oom,container_exit"
	web_limited 8m tail /dev/zero
	docker wait web >/dev/null
	sleep 0.2
	watch_end
	prompt oom-docker "docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' web"
	grep -q container_exit captured/oom.txt
}

# Two starts of the same, and one of another kind.
demo_diff() {
	local name
	for name in monday tuesday; do
		ptrace-ns record -q -o $name.zst -- docker run --rm --network none "$image" ls / >/dev/null 2>&1
	done
	ptrace-ns record -q -o init.zst -- docker run --rm --init --network none "$image" ls / >/dev/null 2>&1
	prompt diff-same "ptrace-ns diff monday.zst tuesday.zst"
	prompt diff-other "ptrace-ns diff monday.zst init.zst"
	head -n 2 captured/diff-same.txt | grep -q '^same sequence'
}

# What is read from the recordings in the repository needs neither root nor docker.
demo_recordings() {
	ln -sfn "$root/testdata" testdata
	zstdcat testdata/recordings/*.zst | grep -ohE '\b[0-9a-f]{64}\b' | sort -u >known
	local r=testdata/recordings
	prompt start-timeline "ptrace-ns timeline --width 110 $r/docker-run.zst"
	prompt start-explain "ptrace-ns explain $r/docker-run.zst"
	prompt start-tree "ptrace-ns tree -r $r/docker-run.zst --at 0.8s"
	prompt stop-explain "ptrace-ns explain $r/docker-stop.zst"
	prompt shim-explain "ptrace-ns explain $r/shim-killed.zst"
	prompt nested-tree "ptrace-ns namespaces -r $r/nested-unshare.zst --at 100ms"
	prompt tour-namespaces "ptrace-ns namespaces -r $r/docker-run.zst --at 0.8s"
	prompt tour-birth "ptrace-ns replay -q -e reparent,pidns_create,container_start $r/docker-run.zst"
	prompt tour-exec "ptrace-ns tree -r $r/docker-exec.zst --at 0.15s"
	prompt tour-pod "ptrace-ns tree -r $r/pod.zst --at 0.5s"
	prompt tour-pod-end "ptrace-ns replay -q -e container_exit,pidns_destroy $r/pod.zst"
	prompt tour-end "ptrace-ns replay -q -e exit,pidns_reap,pidns_destroy --runtime docker $r/docker-stop.zst"
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
	watch_for killer "-c web -e exit,pidns_reap,pidns_destroy -w killed.ndjson"
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
	watch_run pid1 "-q -c web -e snapshot --timeout 500ms"
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
