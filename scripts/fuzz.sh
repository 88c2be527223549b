#!/usr/bin/env bash
# Runs every fuzz target for a while: go test takes one target at a time.
#
#   scripts/fuzz.sh [SECONDS each]          stops at what is found first
#   scripts/fuzz.sh --long [SECONDS each]   goes on, and tells at the end who found something;
#                                           it lies in that package's testdata/fuzz
set -euo pipefail
cd "$(dirname "$0")/.."
long=
if [[ ${1:-} == --long ]]; then
	long=1
	shift
fi
seconds=${1:-5}

# The go command may fail by its own deadline when the time is over and a worker is late
# ("context deadline exceeded", no input named). That found nothing, and is tried again.
out=$(mktemp)
trap 'rm -f "$out"' EXIT
fuzz() {
	go test -run '^$' -fuzz "^$2\$" -fuzztime "${seconds}s" "$1" </dev/null 2>&1 | tee "$out"
}
late() {
	grep -q '^    context deadline exceeded$' "$out" && ! grep -q 'Failing input' "$out"
}

failed=()
while IFS=: read -r file func; do
	echo "fuzz ${file%/*} ${func#func }"
	for _ in 1 2 3; do
		fuzz "${file%/*}" "${func#func }" && continue 2
		late || break
	done
	[[ -n $long ]] || exit 1
	failed+=("${file%/*} ${func#func }")
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort)

if ((${#failed[@]})); then
	printf 'fuzz: failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
