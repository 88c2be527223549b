package recording_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// recorder begins a recording in a new directory.
func recorder(t *testing.T, o recording.Options) *recording.Recorder {
	t.Helper()
	if !filepath.IsAbs(o.Path) {
		o.Path = filepath.Join(t.TempDir(), o.Path)
	}
	r, err := recording.Create(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Begin(&events.Header{Version: "1", StartNS: 1}); err != nil {
		t.Fatal(err)
	}
	return r
}

// noise is an event that does not compress well.
func noise(seq uint64) *events.Event {
	ev := was(int32(seq%100000)+1, 1, "/bin/x")
	ev.Seq = seq
	text := fmt.Sprintf("%x", seq*0x9E3779B97F4A7C15)
	ev.Process.Args = events.ArgsOf(strings.Repeat(text[:8], 3), text)
	return ev
}

// seqs reads a recording, which must be whole, without what it tells again.
func seqs(t *testing.T, path string) (all []uint64) {
	t.Helper()
	h, events := readBack(t, path)
	again, _ := h.Options[record.OptionSnapshot].(int64)
	if int(again) > len(events) {
		t.Fatalf("%s has %d events and tells %d again", path, len(events), again)
	}
	for _, ev := range events[again:] {
		all = append(all, ev.Seq)
	}
	return all
}

// readBack reads a recording, which must be whole.
func readBack(t *testing.T, path string) (h *events.Header, all []*events.Event) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := record.NewReader(f, record.ReadOptions{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for {
		ev, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, ev.Clone())
	}
	if _, ok := r.Trailer(); !ok {
		t.Fatalf("%s has no trailer", path)
	}
	return r.Header(), all
}

func sizes(t *testing.T, dir string) (total int64, all map[string]int64) {
	t.Helper()
	all = map[string]int64{}
	for _, name := range names(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		all[name] = info.Size()
	}
	return total, all
}

func TestRotateBySize(t *testing.T) {
	const limit = 64 << 10
	dir := t.TempDir()
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.ndjson.zst"), RotateSize: limit})
	const n = 20000
	for seq := uint64(1); seq <= n; seq++ {
		if err := r.Put(noise(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(record.Trailer{}); err != nil {
		t.Fatal(err)
	}
	total, all := sizes(t, dir)
	if len(all) < 3 || r.Files() != len(all) || r.Size() != total {
		t.Fatalf("%d files of %d bytes, told are %d of %d", len(all), total, r.Files(), r.Size())
	}
	var got []uint64
	for i := range len(all) {
		name := "a.ndjson.zst"
		if i > 0 {
			name = fmt.Sprintf("a-%d.ndjson.zst", i+1)
		}
		if all[name] > limit {
			t.Errorf("%s has %d bytes", name, all[name])
		}
		got = append(got, seqs(t, filepath.Join(dir, name))...)
	}
	if len(got) != n || !slices.IsSorted(got) || got[0] != 1 || got[n-1] != n {
		t.Errorf("%d events in all files", len(got))
	}
}

func TestRotateByTimeAndKeep(t *testing.T) {
	dir := t.TempDir()
	// A file that is there is not this recorder's: it stays, and its name is passed over.
	if err := os.WriteFile(filepath.Join(dir, "a-3.zst"), []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.zst"), RotateEvery: time.Minute, Keep: 2, Now: func() time.Time { return now }})
	for seq := uint64(1); seq <= 4; seq++ {
		if err := r.Put(noise(seq)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	if err := r.Close(record.Trailer{}); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), []string{"a-3.zst", "a-4.zst", "a-5.zst"}; !slices.Equal(got, want) {
		t.Fatalf("there are %q, want %q", got, want)
	}
	for name, want := range map[string]uint64{"a-4.zst": 3, "a-5.zst": 4} {
		if got := seqs(t, filepath.Join(dir, name)); len(got) != 1 || got[0] != want {
			t.Errorf("%s has the events %d", name, got)
		}
	}
}

func TestLinesByName(t *testing.T) {
	for name, lines := range map[string]bool{"a": false, "a.zst": false, "a.ndjson": true, "a.JSONL": true, "a.json": true, "a.ndjson.zst": false} {
		r := recorder(t, recording.Options{Path: name})
		if err := r.Put(noise(1)); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(record.Trailer{}); err != nil {
			t.Fatal(err)
		}
		if recording.Lines(name) != lines {
			t.Errorf("%s: Lines is %t", name, !lines)
		}
	}
}
