#!/usr/bin/env bash
# Sees to it that containerd and dockerd answer, also where no service manager
# runs: starts by hand what does not answer, and stops only what it started.
#
#   scripts/runtimes.sh start        start what is missing and wait until it answers
#   scripts/runtimes.sh stop         stop what start began
#   scripts/runtimes.sh run CMD...   start, run CMD, stop; CMD's status is passed on
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

state=/run/ptrace-ns-runtimes
ctd_socket=/run/containerd/containerd.sock
timeout=60

containerd_answers() { as_root ctr --address "$ctd_socket" version >/dev/null 2>&1; }
docker_answers() { as_root docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# identity prints a process's start time: a recorded PID alone may be another's
# by the time that stop looks at it.
identity() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# daemon NAME CHECK CMD... starts a daemon unless CHECK holds, and waits for it.
daemon() {
	local name=$1 check=$2 pid i
	shift 2
	! "$check" || return 0
	has "$1" || die "$1 is not there: run scripts/setup.sh"
	as_root mkdir -p "$state"
	# A session of its own: an interrupt of make must not race its stop below.
	# shellcheck disable=SC2016 # for the inner shell
	pid=$(as_root sh -c 'log=$1; shift; setsid "$@" >"$log" 2>&1 </dev/null & echo $!' \
		sh "$state/$name.log" "$@")
	echo "$pid $(identity "$pid")" | as_root tee "$state/$name.pid" >/dev/null
	for ((i = 0; i < timeout * 5; i++)); do
		if "$check"; then
			say "$name started (pid $pid)"
			return 0
		fi
		[[ -d /proc/$pid ]] || break
		sleep 0.2
	done
	as_root tail -n 20 "$state/$name.log" >&2
	die "$name does not answer"
}

start() {
	daemon containerd containerd_answers containerd
	daemon dockerd docker_answers dockerd --containerd="$ctd_socket"
}

# stop_daemon ends what daemon started: TERM, then KILL after the grace time.
stop_daemon() {
	local name=$1 pid started i
	[[ -f $state/$name.pid ]] || return 0
	read -r pid started <"$state/$name.pid"
	if [[ -n $started && $(identity "$pid") == "$started" ]]; then
		as_root kill "$pid"
		for ((i = 0; i < 100; i++)); do
			[[ $(identity "$pid") == "$started" ]] || break
			sleep 0.1
		done
		[[ $(identity "$pid") != "$started" ]] || as_root kill -KILL "$pid"
		say "$name stopped"
	fi
	as_root rm -f "$state/$name.pid" "$state/$name.log"
}

stop() {
	stop_daemon dockerd
	stop_daemon containerd
	[[ ! -d $state ]] || as_root rmdir --ignore-fail-on-non-empty "$state"
}

case ${1:-} in
start) start ;;
stop) stop ;;
run)
	shift
	# Only who started them may stop them: a daemon that an earlier start left
	# running on purpose stays.
	[[ -d $state ]] || trap stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	start
	"$@"
	;;
*) die "usage: ${0##*/} start|stop|run CMD..." ;;
esac
