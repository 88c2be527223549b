package record_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// FuzzReader reads any file, on through whatever can be resumed.
func FuzzReader(f *testing.F) {
	file := small(f)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte(stream(f, written(2))))
	f.Add(foreign(f, stream(f, written(2))))
	f.Add(append(bytes.Clone(file[:200]), file[150:]...))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
		if err != nil {
			return
		}
		for damages := 0; ; {
			ev, err := r.Next(t.Context())
			var damaged *record.DamagedError
			if errors.As(err, &damaged) {
				if damages++; damages > len(file)+1 {
					t.Fatal("no way is made")
				}
				if damaged.Offset < 0 || damaged.Offset > int64(len(file)) {
					t.Errorf("damage at %d of %d", damaged.Offset, len(file))
				}
				if damaged.Resumable {
					continue
				}
			}
			if err != nil {
				return
			}
			var again events.Event
			if err := ndjson.DecodeEvent(r.Line(), &again); err != nil || again.Seq != ev.Seq {
				t.Fatalf("line %q of event %d: %v", r.Line(), ev.Seq, err)
			}
		}
	})
}
