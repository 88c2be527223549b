package recording_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

const dockerRun = "../../../testdata/recordings/docker-run.zst"

// ending is how the reading of a recording ended.
type ending struct {
	lines   []string
	damages []*record.DamagedError
	trailer record.Trailer
	whole   bool
	thinned record.Thinned
	newer   record.Skipped
}

// readOn reads all that is whole, behind damage too.
func readOn(t *testing.T, file []byte) (e ending) {
	t.Helper()
	r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		ev, err := r.Next(t.Context())
		var damaged *record.DamagedError
		switch {
		case err == nil:
			e.lines = append(e.lines, lines([]*events.Event{ev})...)
			continue
		case errors.As(err, &damaged):
			e.damages = append(e.damages, damaged)
			if damaged.Resumable {
				continue
			}
		case !errors.Is(err, io.EOF):
			t.Fatal(err)
		}
		e.trailer, e.whole = r.Trailer()
		e.thinned, e.newer = r.Thinned(), r.Skipped()
		return e
	}
}

// partsOf returns a real recording taken apart, and its events.
func partsOf(t *testing.T, ending string) (files [][]byte, all []*events.Event) {
	t.Helper()
	h, all := readBack(t, dockerRun)
	for _, path := range inParts(t, h, all, 17, ending) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	if len(files) < 4 {
		t.Fatalf("%d files", len(files))
	}
	return files, all
}

// TestPartsJoinedAndFiltered: grep takes headers, trailers or both out of joined lines, and
// what is left comes once each.
func TestPartsJoinedAndFiltered(t *testing.T) {
	files, all := partsOf(t, "ndjson")
	want := lines(all)
	joined := strings.SplitAfter(string(bytes.Join(files, nil)), "\n")
	without := func(kinds ...string) []byte {
		return []byte(strings.Join(slices.DeleteFunc(slices.Clone(joined), func(line string) bool {
			return slices.ContainsFunc(kinds, func(k string) bool { return strings.Contains(line, `"event":"`+k+`"`) })
		}), ""))
	}
	bare := []byte(`{"event":"trailer","events":0,"by_event":{},"lost":0,"kernel":{},"births":{"task_newtask":0,"sched_process_fork":0}}` + "\n")
	for name, c := range map[string]struct {
		file    []byte
		damages int
		counted bool
	}{
		"no header":    {without("header"), 0, true},
		"no trailer":   {without("trailer"), len(files), false},
		"events alone": {without("header", "trailer"), 0, false},
		"no header, and a first part without events": {slices.Concat(bare, without("header")), 0, true},
		"no header, snapshots":                       {without("header", "fork", "exec", "exit"), 0, false},
	} {
		e := readOn(t, c.file)
		if len(e.damages) != c.damages {
			t.Errorf("%s: %d damages, want %d: %v", name, len(e.damages), c.damages, e.damages)
		}
		if len(e.newer.Fields)+len(e.newer.Kinds) > 0 {
			t.Errorf("%s: said to be a newer program's: %v", name, e.newer)
		}
		if name == "no header, snapshots" {
			continue
		}
		if !slices.Equal(e.lines, want) {
			t.Errorf("%s: %d events, want %d", name, len(e.lines), len(want))
		}
		if c.counted && (!e.whole || e.trailer.Events != uint64(len(want)) || e.thinned.Events != 0) {
			t.Errorf("%s: %d events are counted (%t), %d lack; want %d", name, e.trailer.Events, e.whole, e.thinned.Events, len(want))
		}
	}
}

// TestPartsJoinedOfWhatWasChosen: a part of which a filter left no snapshot still claims
// them; they are not taken from what was recorded.
func TestPartsJoinedOfWhatWasChosen(t *testing.T) {
	files, all := partsOf(t, "ndjson")
	h, second := readHeader(t, files[1])
	var file bytes.Buffer
	w, err := record.NewWriter(&file, h, record.Options{})
	kept := 0
	for _, ev := range second {
		if err == nil && ev.Kind != events.Snapshot {
			err = w.Put(ev)
			kept++
		}
	}
	if err == nil {
		err = w.Close(record.Trailer{})
	}
	if err != nil || kept == 0 || number(h, record.OptionSnapshot) == 0 {
		t.Fatal(err, kept, h.Options)
	}
	first, _ := partsOf(t, "zst")
	e := readOn(t, append(bytes.Clone(first[0]), file.Bytes()...))
	if n := 17 + kept; len(e.lines) != n || !e.whole || e.trailer.Events != uint64(n) || len(e.damages) > 0 {
		t.Errorf("%d events came, %d were recorded, want %d of %d; %v", len(e.lines), e.trailer.Events, n, len(all), e.damages)
	}
}

func readHeader(t *testing.T, file []byte) (*events.Header, []*events.Event) {
	t.Helper()
	path := t.TempDir() + "/part.ndjson"
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return readBack(t, path)
}

// TestPartTornAndJoined cuts a part in the midst of a recording at every byte behind its
// header: it is told, what comes behind is read, and nothing comes twice.
func TestPartTornAndJoined(t *testing.T) {
	files, all := partsOf(t, "zst")
	want := lines(all)
	header := 68 + int(binary.LittleEndian.Uint32(files[1][16:]))
	for cut := header; cut < len(files[1]); cut++ {
		e := readOn(t, slices.Concat(files[0], files[1][:cut], files[2]))
		if len(e.damages) == 0 || e.whole {
			t.Fatalf("cut at %d: %d damages, whole is %t", cut, len(e.damages), e.whole)
		}
		n := len(e.lines)
		if n < 34 || !slices.Equal(e.lines[:n-17], want[:n-17]) || !slices.Equal(e.lines[n-17:], want[34:51]) {
			t.Fatalf("cut at %d: %d events, not those of the first part, some of the second and all of the third: %v", cut, n, e.damages)
		}
	}
}

// TestJoinedTwice: what is wrong with files that were joined is told for what it is.
func TestJoinedTwice(t *testing.T) {
	files, all := partsOf(t, "zst")
	whole, err := os.ReadFile(dockerRun)
	if err != nil {
		t.Fatal(err)
	}
	another, err := os.ReadFile(filepath.Join(filepath.Dir(dockerRun), "runc.zst"))
	if err != nil {
		t.Fatal(err)
	}
	for says, c := range map[string]struct {
		file   []byte
		events int
	}{
		"the same recording comes behind the trailer once more":  {slices.Concat(whole, whole), len(all)},
		"part 2 of the recording comes twice":                    {slices.Concat(files[0], files[1], files[1]), 34},
		"part 3 of the recording comes behind part 1":            {slices.Concat(files[0], files[2]), 17},
		"part 1 of the recording comes behind part 2":            {slices.Concat(files[0], files[1], files[0]), 34},
		"that is no next part of this recording: read it by its": {slices.Concat(whole, another), len(all)},
	} {
		e := readOn(t, c.file)
		if len(e.damages) != 1 || !strings.Contains(e.damages[0].Error(), says) || len(e.lines) != c.events {
			t.Errorf("%d events, want %d; %v, want %q", len(e.lines), c.events, e.damages, says)
		}
	}
}
