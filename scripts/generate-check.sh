#!/usr/bin/env bash
# Makes the generated BPF files again and fails when they differ from those that
# are there. Objects are comparable byte by byte only from the same clang: with
# another one the Go halves are compared and the objects are put back.
#
#   scripts/generate-check.sh CLANG MAJOR
set -euo pipefail
cd "$(dirname "$0")/.."
clang=$1 wanted=$2

saved=$(mktemp -d)
trap 'rm -rf "$saved"' EXIT
cp -a bpf/. "$saved"

BPF_CLANG=$clang BPF_STRIP=${clang/clang/llvm-strip} go generate ./bpf

have=$("$clang" --version | sed -n 's/.*clang version \([0-9]*\).*/\1/p')
if [[ $have != "$wanted" ]]; then
	cp -a "$saved"/*.o bpf/
	echo "generate-check: clang $have compiles the sources, but only clang $wanted gives the same objects"
fi
diff -rq "$saved" bpf || {
	echo "generate-check: what is committed is not what the sources give: commit the result of make generate" >&2
	exit 1
}
