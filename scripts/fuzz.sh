#!/usr/bin/env bash
# Runs every fuzz target for a short while: go test takes one target at a time.
#
#   scripts/fuzz.sh [SECONDS each]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}

grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort |
	while IFS=: read -r file func; do
		echo "fuzz ${file%/*} ${func#func }"
		go test -run '^$' -fuzz "^${func#func }\$" -fuzztime "${seconds}s" "${file%/*}" </dev/null
	done
