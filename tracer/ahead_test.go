//go:build linux

package tracer

import "testing"

// TestReadAheadOfLooksAlone: /proc is read for what a look has found, not for records of
// the ring that wait between, nor for what is told as it is.
func TestReadAheadOfLooksAlone(t *testing.T) {
	raw := make([]byte, 8) // no record at all: it says nothing, and is read all the same
	next := []item{{raw: raw}, {raw: raw, received: true}, {}, {raw: raw}}
	(&Kernel{}).readAhead(next)
	for i, want := range []bool{true, false, false, true} {
		if got := next[i].shown != nil; got != want {
			t.Errorf("item %d was read: %v, want %v", i, got, want)
		}
	}
}
