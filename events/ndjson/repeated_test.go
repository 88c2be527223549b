package ndjson_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// TestRepeatedIsTheSame: what an Encoder remembers shows in no byte, whatever came
// before, and it keeps nothing of what it was given to append to.
func TestRepeatedIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var enc ndjson.Encoder
		var all []*events.Event
		boot := rapid.Int64Range(-1<<32, 1<<60).Draw(t, "boot")
		for range rapid.IntRange(1, 6).Draw(t, "n") {
			ev := anyEvent(t)
			ev.BootNS %= 1 << 60
			all = append(all, ev)
		}
		for _, ev := range append(all, all...) {
			got, want := enc.AppendEvent([]byte("before"), ev, boot), ndjson.AppendEvent([]byte("before"), ev, boot)
			if !bytes.Equal(got, want) {
				t.Fatalf("got  %swant %s", got, want)
			}
			clear(got)
		}
	})
}
