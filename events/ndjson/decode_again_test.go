package ndjson_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// TestDecodeAgain has a decoder read objects of namespaces that it has read before,
// others between them, and tell of what it does not know each time.
func TestDecodeAgain(t *testing.T) {
	told := 0
	d := ndjson.Decoder{Unknown: func(string) { told++ }}
	for i, c := range []struct {
		ns   string
		want events.Namespaces
		told int
	}{
		{`{"pid":1,"mnt":2}`, events.Namespaces{PID: 1, Mnt: 2}, 0},
		{`{"pid":1,"mnt":2}`, events.Namespaces{PID: 1, Mnt: 2}, 0},
		{`{"pid":1,"mnt":23}`, events.Namespaces{PID: 1, Mnt: 23}, 0},
		{`{"pid":1}`, events.Namespaces{PID: 1}, 0},
		{`{"pid":1,"mnt":2}`, events.Namespaces{PID: 1, Mnt: 2}, 0},
		{` {"pid":1,"mnt":2}`, events.Namespaces{PID: 1, Mnt: 2}, 0},
		{`{"pid":1,"dream":2}`, events.Namespaces{PID: 1}, 1},
		{`{"pid":1,"dream":2}`, events.Namespaces{PID: 1}, 2},
		{`{"pid":1,"mnt":2},"ns":{"net":3}`, events.Namespaces{PID: 1, Mnt: 2, Net: 3}, 2},
		{`{"pid":1},"ns":{"pid":1,"mnt":2}`, events.Namespaces{PID: 1, Mnt: 2}, 2},
		{`{"net":3}`, events.Namespaces{Net: 3}, 2},
	} {
		ev, err := d.Event([]byte(`{"seq":1,"event":"exec","process":{"id":"7-5","ns":` + c.ns + `}}`))
		if err != nil {
			t.Fatal(i, err)
		}
		if ev.Process.NS != c.want || told != c.told {
			t.Errorf("%d, %s: got %+v, %d unknown", i, c.ns, ev.Process.NS, told)
		}
	}
	if _, err := d.Event([]byte(`{"seq":1,"event":"exec","process":{"id":"7-5","ns":{"net":3`)); err == nil {
		t.Error("what is cut is taken for what was said before")
	}
}
