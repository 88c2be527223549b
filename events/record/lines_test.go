package record_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// TestLinesOfARecording: lines of a recording that are not all there are told as its
// frames would be; a stream, which has no trailer and may be filtered, is whole.
func TestLinesOfARecording(t *testing.T) {
	want := written(4)
	trailer := string(ndjson.AppendTrailer(nil, &ndjson.Trailer{Events: uint64(len(want))}))
	body := strings.Join(want, "")
	for name, c := range map[string]struct {
		output string // of the header's options
		lines  string
		cut    bool
		whole  bool
		events int
	}{
		"whole":              {"a.zst", body + trailer, false, true, len(want)},
		"first lines":        {"a.zst", strings.Join(want[:3], ""), true, false, 3},
		"no trailer":         {"a.zst", body, true, false, len(want)},
		"one event less":     {"a.zst", strings.Join(want[1:], "") + trailer, false, false, len(want) - 1},
		"all twice":          {"a.zst", body + body + trailer, false, false, len(want)},
		"stream":             {"json", body, false, true, len(want)},
		"filtered stream":    {"json", want[0] + want[3], false, true, 2},
		"stream, seq behind": {"json", want[2] + want[1], false, false, 1},
	} {
		h := header()
		h.Options = map[string]any{"output": c.output}
		head, err := ndjson.AppendHeader(nil, h)
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := read(t, []byte(string(head)+c.lines), record.ReadOptions{})
		var damaged *record.DamagedError
		if len(got) != c.events || errors.Is(err, io.EOF) != c.whole {
			t.Errorf("%s: %d events, %v", name, len(got), err)
		}
		if !c.whole && (!errors.As(err, &damaged) || damaged.CutOff != c.cut) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
