package ndjson_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

func TestPrintable(t *testing.T) {
	line := []byte(strings.Repeat("a ~{\"", 5))
	if !ndjson.Printable(line) || !ndjson.Printable(nil) {
		t.Error("printable ASCII is refused")
	}
	for at := range line {
		for c := range 256 {
			changed := slices.Clone(line)
			changed[at] = byte(c)
			if got, want := ndjson.Printable(changed), c >= ' ' && c < 0x7f; got != want {
				t.Fatalf("byte %#x at %d: %v, want %v", c, at, got, want)
			}
		}
	}
}
