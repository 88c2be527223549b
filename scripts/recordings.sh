#!/usr/bin/env bash
# Makes the recordings in testdata/recordings anew: real starts and ends of
# containers, by a containerd and a dockerd of their own, which may be killed.
#
#   scripts/recordings.sh [NAME...]    all recordings, or only these
#
# It wants containerd, dockerd, runc, busybox, jq, zstd and go, bin/helpers, and for podman
# what make test-vm wants. Nobody's doings but its own
# get into a file: what else was born on this machine meanwhile is cut out, and what
# was there before has no arguments. scripts/recordings.sh check FILE... asks for that.
#
# The golden outputs are made by: go test ./cmd/ptrace-ns -run Recordings -update
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/lib.sh

top=$PWD
out=$top/testdata/recordings

# ours FILE PID... prints the ids of those who descend by birth from one of the PIDs, of
# whom their events name, and of all above those.
ours() {
	local file=$1
	shift
	zstdcat "$file" | jq -sr --argjson roots "$(printf '%s\n' "$@" | jq -s .)" '
		[.[] | select(.process)] as $all
		| ([$all[] | select(.event == "fork") | {key: .process.id, value: [.process.parent, .creator]}] | from_entries) as $by
		| ([$all[] | select(.event == "snapshot") | {key: .process.id, value: .process.parent.id}] | from_entries) as $was
		| def below($id): ($by[$id] // []) | any(. != null and ((.pid | IN($roots[])) or below(.id)));
		  def above: ., (($was[.] // empty) | above);
		  ([$all[].process.id] | unique | map(select(. as $i | (below($i) or ($was | has($i)) and ($i | split("-")[0] | tonumber | IN($roots[])))))) as $ours
		| ([$all[] | select(.process.id | IN($ours[])) | .process.parent, .creator, .sender, .init, .from, .to, .reaper, .killer.sender | objects | .id]
			| unique | map(select(. as $i | $was | has($i)) | above)) as $context
		| ([$all[] | select(.process.pids | length > 1) | select([.sender, .killer.sender] | any(. != null and (.id | IN($ours[])))) | .process.pids[1]] | unique_by([.ns, .id])) as $told
		| ([$all[] | select(.process.pids[1] | . != null and ({ns, id} | IN($told[] | {ns, id}))) | .process.id]) as $members
		| $ours + $context + $members + [$members[] | above] | unique | .[]'
}

# strangers FILE prints those who were there before and show more than their name.
strangers() {
	zstdcat "$1" | jq -r 'select(.event == "snapshot" and (.process.pids | length) == 1 and (.process.args or .process.env or .process.cwd)) | .process.comm'
}

check() {
	local file
	for file; do
		[[ -z $(strangers "$file") ]] || die "$file shows more of others than their names: $(strangers "$file")"
	done
}

if [[ ${1:-} == check ]]; then
	shift
	check "$@"
	exit
fi
[[ $(id -u) -eq 0 ]] || exec sudo -E scripts/recordings.sh "$@"
for tool in containerd containerd-shim-runc-v2 ctr dockerd docker runc busybox unshare jq zstdcat go; do
	has "$tool" || die "$tool is not there"
done
[[ -x bin/ptrace-ns && -x bin/helpers/pn-pause ]] || die "bin/ptrace-ns or bin/helpers/pn-pause is not there: run make build helpers"

# Unix sockets have short names, and the shims' are made of the state's.
dir=$(mktemp -d /run/pnr.XXXX)
daemons=()
cleanup() {
	docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1 || true
	for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${daemons[@]}"; do
		for _ in {1..100}; do
			[[ -d /proc/$pid ]] || break
			sleep 0.1
		done
	done
	{ grep -o " $dir/[^ ]*" /proc/self/mounts || true; } | sort -r | xargs -r umount -l
	# A kubelet would take the pod's cgroups away.
	find /sys/fs/cgroup -depth -path "*/kubepods*" -type d \( -name "pod$uid" -o -name besteffort -o -name kubepods \) -exec rmdir {} + 2>/dev/null || true
	rm -rf "$dir" "/tmp/pod-$uid"
}
uid=5eed0000-0000-4000-8000-0000000000d0
trap cleanup EXIT
export DOCKER_HOST=unix://$dir/d
cp bin/ptrace-ns "$dir/ptrace-ns"
install -D bin/helpers/pn-pause "$dir/holder/pause"
go -C testdata/pod build -buildvcs=false -o "$dir/pod" .
PATH=$dir:$PATH
cd "$dir"

# away CMD... runs a command as a child of the first process, so that nobody of this
# session is above it, and prints its PID.
away() {
	rm -f away.pid
	# shellcheck disable=SC2016 # for the inner shell
	setsid --fork sh -c 'echo $$ >away.part; mv away.part away.pid; log=$1; shift; exec "$@" >"$log" 2>&1 </dev/null' sh "$1" "${@:2}"
	until [[ -s away.pid ]]; do sleep 0.02; done
	cat away.pid
}

answers() {
	local _
	for _ in {1..300}; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	die "$1 does not answer: $(cat containerd.log dockerd.log 2>/dev/null)"
}

start_daemons() {
	cat >config.toml <<-END
		version = 2
		root = "$dir/root"
		state = "$dir/state"
		disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
		[grpc]
		address = "$dir/c"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "localhost/pause:1"
		restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".containerd]
		snapshotter = "native"
	END
	daemons+=("$(away containerd.log containerd --log-level warn --config "$dir/config.toml")")
	answers ctr --address "$dir/c" version
	# A dockerd without a bridge removes docker0, which is another's: it gets a network
	# namespace of its own.
	daemons+=("$(away dockerd.log unshare --net dockerd --log-level warn --containerd "$dir/c" -H "$DOCKER_HOST" --data-root "$dir/data" \
		--exec-root "$dir/exec" --pidfile "$dir/pid" --bridge none --iptables=false --ip-forward=false --storage-driver vfs)")
	answers docker version
	mkdir -p image/bin
	cp "$(command -v busybox)" image/bin/busybox
	local applet
	for applet in sh sleep true; do ln -s busybox "image/bin/$applet"; done
	tar -C image -c . | docker import - demo >/dev/null
}

# give_images hands containerd the images of a pod, which has places of its own for them.
give_images() {
	tar -C holder -c . | docker import --change 'ENTRYPOINT ["/pause"]' - localhost/pause:1 >/dev/null
	docker tag demo localhost/demo:1
	docker save localhost/pause:1 localhost/demo:1 | ctr --address "$dir/c" -n k8s.io images import --snapshotter native - >/dev/null
	pod -socket "$dir/c" ready localhost/pause:1 localhost/demo:1
}

# record NAME CMD... makes one recording, of this run's own processes alone.
record() {
	local name=$1 pid shims
	shift
	rm -f "all.zst" "$name.zst"
	mapfile -t shims < <(pgrep -f "containerd-shim.*$dir")
	pid=$(away record.log ptrace-ns record -o all.zst -- "$@")
	while [[ -d /proc/$pid ]]; do sleep 0.1; done
	zstdcat all.zst | tail -n 1 | grep -q '"event":"trailer"' || die "$name: $(cat record.log)"
	local ids
	ids=$(ours all.zst "$pid" "${daemons[@]}" "${shims[@]}" | sed 's/.*/"&"/' | paste -sd,)
	ptrace-ns replay -q -o json -F "(process.id ?? init.id) in [$ids]" -w "$name.zst" all.zst >/dev/null
	publish "$name"
}

publish() {
	local name=$1
	strangers "$name.zst" | grep . && die "$name has more of others than their names"
	install -D -m 644 "$name.zst" "$out/$name.zst"
	say "$name: $(stat -c %s "$name.zst") bytes, $(zstdcat "$name.zst" | wc -l) lines"
}

web() { docker run -d --network none --name web demo "$@" >/dev/null; }
unweb() { docker rm -f web >/dev/null; }

wanted() { [[ ${#names[@]} -eq 0 || " ${names[*]} " == *" $1 "* ]]; }

names=("$@")
start_daemons
if wanted docker-run; then
	record docker-run docker run --rm --network none demo sh -c 'sleep 0.2 & wait'
fi
if wanted docker-exec; then
	web sleep 1000
	record docker-exec docker exec web sh -c 'sleep 0.1; exit 0'
	unweb
fi
if wanted docker-stop; then
	web sh -c "trap '' TERM; sleep 1000 & while :; do wait; done"
	record docker-stop docker stop -t 1 web
	unweb
fi
if wanted nested-unshare; then
	record nested-unshare unshare --pid --fork --mount-proc sh -c 'unshare --pid --fork sh -c "sleep 9 & sleep 0.1; exit 4"; exit 5'
fi
if wanted shim-killed; then
	web sleep 1000
	shim=$(awk '/^PPid/ {print $2}' "/proc/$(docker inspect -f '{{.State.Pid}}' web)/status")
	record shim-killed sh -c "kill -KILL $shim; sleep 1"
	unweb
fi
if wanted runc; then
	mkdir -p bundle
	(cd bundle && runc spec && jq --arg root "$dir/image" '
		del(.process.rlimits, .process.oomScoreAdj) | .process.terminal = false
		| .process.args = ["/bin/sh", "-c", "sleep 1000 & exit 4"] | .root = {path: $root, readonly: true}' config.json >c && mv c config.json)
	record runc runc --root "$dir/runc" run --bundle bundle demo
fi
if wanted pod; then
	give_images
	cat >web <<-END
		as() { pod -socket $dir/c -uid $uid -share "\$@"; }
		s=\$(as sandbox)
		as container \$s app localhost/demo:1 /bin/sh -c 'sleep 1000 & wait' >app
		as container \$s sidecar localhost/demo:1 /bin/sleep 2000 >sidecar
		sleep 0.2
		kill -KILL \$(ctr --address $dir/c -n k8s.io tasks list | awk -v s=\$s '\$1 == s {print \$2}')
		sleep 0.2
		as stop \$s
		as remove \$s
	END
	record pod sh web
fi
if wanted podman; then
	# Made by a test in an emulated machine, where nobody else is.
	(cd "$top" && VM_RUN='^TestPodmanRun$' scripts/vm-test.sh 6.1-cloud)
	cp "$top/bin/vm/out/6.1-cloud-amd64/podman.zst" podman.zst
	publish podman
fi
