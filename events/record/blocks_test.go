package record_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// TestF08PowerCut: what a power cut leaves of a file is any of the blocks that were not
// synced, the others full of zeros, and any length. Whatever it is: what was synced comes,
// nothing comes that was not written, and it is told that something is missing.
func TestF08PowerCut(t *testing.T) {
	const block = 512
	file := recorded(t, 200, record.Options{FrameBytes: 4 << 10})
	want := written(200)
	position := make(map[string]int, len(want))
	for i, line := range want {
		position[line] = i
	}
	random := rand.New(rand.NewPCG(8, 8))
	for round := range 300 {
		synced := random.IntN(len(file))
		left := bytes.Clone(file[:synced+random.IntN(len(file)-synced)+1])
		for at := synced; at < len(left); at += block - at%block {
			if random.IntN(3) == 0 {
				clear(left[at:min(len(left), at+block-at%block)])
			}
		}
		if bytes.Equal(left, file) {
			continue
		}
		_, whole, _ := read(t, file[:synced], record.ReadOptions{})
		got, damaged := readOn(t, left)
		if len(got) < len(whole) || !slices.Equal(got[:len(whole)], whole) {
			t.Fatalf("round %d: %d events, and not the %d that were synced", round, len(got), len(whole))
		}
		last := -1
		for _, line := range got {
			at, ok := position[line]
			if !ok || at <= last {
				t.Fatalf("round %d: an event that was not written, or not there: %s", round, line)
			}
			last = at
		}
		if !damaged {
			t.Errorf("round %d: %d of %d bytes, of which %d are sound, are told to be whole", round, len(left), len(file), synced)
		}
	}
}

// readOn reads all that is whole, behind damage too.
func readOn(t *testing.T, file []byte) (lines []string, damaged bool) {
	t.Helper()
	r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
	if err != nil {
		return nil, true
	}
	for {
		ev, err := r.Next(t.Context())
		var damage *record.DamagedError
		switch {
		case err == nil:
			lines = append(lines, string(ndjson.AppendEvent(nil, ev, bootTime)))
		case errors.As(err, &damage):
			damaged = true
			if !damage.Resumable {
				return lines, damaged
			}
		case errors.Is(err, io.EOF):
			return lines, damaged
		default:
			t.Fatal(err)
		}
	}
}
