#!/usr/bin/env bash
# Measures what top costs, on a screen of 160x50: of a core, and memory, over 20 seconds
# while 2500 processes a second are born and end, with and without 10 000 that sleep; then
# over 5 seconds how often it draws, with strace beside it.
# As root, after `make build`: scripts/top-cost.sh [PROGRAM]. Needs tmux, strace and a C compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

program=$(realpath "${1:-bin/ptrace-ns}")
work=$(mktemp -d)
load='' screen=''
ended() {
	if [[ -n $load ]]; then kill "$load" 2>/dev/null || true; fi
	if [[ -n $screen ]]; then tmux -S "$work/tmux" kill-session -t top 2>/dev/null || true; fi
	rm -rf "$work"
}
trap ended EXIT
has tmux || die "tmux is needed"
has strace || die "strace is needed"
cc -O2 -o "$work/crowd" testdata/helpers/crowd.c

# frames are what it writes to its terminal, each in one call, a second.
frames() {
	timeout --signal INT 5 strace -f -qq -e trace=write -P "$(readlink "/proc/$1/fd/1")" -o "$work/frames" -p "$1" || true
	awk '/write\(1,/ { n++ } END { printf "%.0f", n / 5 }' "$work/frames"
}

# ticks are what the process has used so far, of which there are 100 a second: fields 14
# and 15 of /proc/PID/stat, behind a name that may hold anything.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

printf '| processes | events/s | of a core | memory | frames/s |\n|---|---|---|---|---|\n'
for crowd in 0 10000; do
	"$work/crowd" "$crowd" 2500 &
	load=$!
	sleep 5
	tmux -S "$work/tmux" -f /dev/null new-session -d -s top -x 160 -y 50 "exec $program top"
	screen=top
	sleep 10
	pid=$(tmux -S "$work/tmux" display-message -p -t top '#{pane_pid}')
	before=$(ticks "$pid") seen=() living=
	for _ in {1..20}; do
		sleep 1
		top=$(tmux -S "$work/tmux" capture-pane -p -t top | head -1)
		[[ $top =~ ([0-9]+)\ processes\ +([0-9]+)\ events/s ]] || die "the top line is: $top"
		living=${BASH_REMATCH[1]} seen+=("${BASH_REMATCH[2]}")
	done
	used=$(($(ticks "$pid") - before))
	memory=$(awk '/^VmRSS/ { printf "%d MB", $2 / 1024 }' "/proc/$pid/status")
	rate=$(printf '%s\n' "${seen[@]}" | sort -n | sed -n 10p)
	printf '| %s | %s | %s | %s | %s |\n' "$living" "$rate" "$(awk -v used="$used" 'BEGIN { printf "%.1f %%", used / 20 }')" "$memory" "$(frames "$pid")"
	tmux -S "$work/tmux" kill-session -t top
	kill "$load"
	wait "$load" 2>/dev/null || true
	load='' screen=''
done
