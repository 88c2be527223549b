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

failed=()
while IFS=: read -r file func; do
	echo "fuzz ${file%/*} ${func#func }"
	go test -run '^$' -fuzz "^${func#func }\$" -fuzztime "${seconds}s" "${file%/*}" </dev/null && continue
	[[ -n $long ]] || exit 1
	failed+=("${file%/*} ${func#func }")
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort)

if ((${#failed[@]})); then
	printf 'fuzz: failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
