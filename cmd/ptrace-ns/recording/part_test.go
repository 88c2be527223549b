package recording_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// TestPartsSayWhatTheyContinue: each file but the first names the one before it, and
// each file of lines has a trailer.
func TestPartsSayWhatTheyContinue(t *testing.T) {
	dir := t.TempDir()
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.ndjson"), RotateSize: 16 << 10})
	for seq := uint64(1); r.Files() < 3; seq++ {
		if err := r.Put(noise(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(record.Trailer{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "<nil> <nil>", "a-2": "2 a.ndjson", "a-3": "3 a-2.ndjson"} {
		raw, err := os.ReadFile(filepath.Join(dir, name+".ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		rd, err := record.NewReader(bytes.NewReader(raw), record.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		o := rd.Header().Options
		if got := fmt.Sprint(o["part"], " ", o["continues"]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		for err == nil {
			_, err = rd.Next(t.Context())
		}
		if tr, ok := rd.Trailer(); !ok || tr.Events == 0 {
			t.Errorf("%s: no trailer with a count: %v", name, err)
		}
	}
}
