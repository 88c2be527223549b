package record_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// head is a header with these options.
func head(t *testing.T, options map[string]any) string {
	t.Helper()
	h := header()
	h.Options = options
	line, err := ndjson.AppendHeader(nil, h)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// TestLinesOfARecording: lines of a recording that are cut or doubled are told as its
// frames would be; a stream, which has no trailer and may be filtered, is whole. What was
// taken out of a recording's lines is no damage, and counted.
func TestLinesOfARecording(t *testing.T) {
	want := written(4)
	trailer := string(ndjson.AppendTrailer(nil, &ndjson.Trailer{Events: uint64(len(want))}))
	body := strings.Join(want, "")
	file := head(t, map[string]any{"output": "a.zst"})
	watched := head(t, map[string]any{"output": "json", "write": "f.ndjson", "trailer": true})
	named := head(t, map[string]any{"output": "json", "trailer": true}) // record -o json
	stream := head(t, map[string]any{"output": "json"})
	less := strings.Join(want[1:], "")
	for name, c := range map[string]struct {
		lines   string
		end     string // whole, cut or damaged
		events  int
		lacking uint64
		headed  bool
	}{
		"whole":                    {file + body + trailer, "whole", 12, 0, true},
		"first lines":              {file + strings.Join(want[:3], ""), "cut", 3, 0, true},
		"no trailer":               {file + body, "cut", 12, 0, true},
		"one event less":           {file + less + trailer, "whole", 11, 1, true},
		"header only":              {file, "cut", 0, 0, true},
		"no event is left":         {file + trailer, "whole", 0, 12, true},
		"all twice":                {file + body + body + trailer, "damaged", 12, 0, true},
		"one more than counted":    {file + body + written(5)[12] + trailer, "damaged", 13, 0, true},
		"watch -o json -w, whole":  {watched + body + trailer, "whole", 12, 0, true},
		"watch -o json -w, cut":    {watched + body, "cut", 12, 0, true},
		"record -o json, cut":      {named + body, "cut", 12, 0, true},
		"two files":                {file + body + trailer + file + body + trailer, "damaged", 12, 0, true},
		"two cut files":            {file + body + file + body, "damaged", 12, 0, true},
		"stream":                   {stream + body, "whole", 12, 0, true},
		"filtered stream":          {stream + want[0] + want[3], "whole", 2, 0, true},
		"stream, seq behind":       {stream + want[2] + want[1], "damaged", 1, 0, true},
		"two streams":              {stream + body + stream + body, "damaged", 12, 0, true},
		"no header":                {body, "whole", 12, 0, false},
		"no header, some events":   {want[3] + want[7], "whole", 2, 0, false},
		"no header, but a trailer": {want[3] + want[7] + trailer, "whole", 2, 10, false},
	} {
		r, got, err := read(t, []byte(c.lines), record.ReadOptions{})
		var damaged *record.DamagedError
		end := "whole"
		if errors.As(err, &damaged) {
			end = map[bool]string{false: "damaged", true: "cut"}[damaged.CutOff]
		} else if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if end != c.end || len(got) != c.events {
			t.Errorf("%s: %d events, want %d; it is %s, want %s: %v", name, len(got), c.events, end, c.end, err)
		}
		if r != nil && r.Thinned() != (record.Thinned{Header: !c.headed, Events: c.lacking}) {
			t.Errorf("%s: it lacks %+v", name, r.Thinned())
		}
		if r != nil && r.Header().BootTimeNS != bootTime {
			t.Errorf("%s: boot time %d", name, r.Header().BootTimeNS)
		}
	}
}

// TestLinesCutAtEveryByte: of a file of lines each cut is told, and all whole lines come.
func TestLinesCutAtEveryByte(t *testing.T) {
	want := written(3)
	file := head(t, map[string]any{"output": "json", "write": "f.ndjson", "trailer": true}) + strings.Join(want, "") +
		string(ndjson.AppendTrailer(nil, &ndjson.Trailer{Events: uint64(len(want))}))
	for n := range len(file) {
		_, lines, err := read(t, []byte(file[:n]), record.ReadOptions{})
		var damaged *record.DamagedError
		if !errors.As(err, &damaged) || !damaged.CutOff {
			t.Fatalf("cut at %d: %v", n, err)
		}
		whole := min(max(0, strings.Count(file[:n], "\n")-1), len(want))
		if len(lines) != whole || !slices.Equal(lines, want[:whole]) {
			t.Fatalf("cut at %d: %d events, want %d", n, len(lines), whole)
		}
	}
	if _, lines, err := read(t, []byte(file), record.ReadOptions{}); !errors.Is(err, io.EOF) || len(lines) != len(want) {
		t.Errorf("whole: %d events, %v", len(lines), err)
	}
}

// TestLineTakenAtEachPlace: whichever one line is taken out, none of the others is lost.
func TestLineTakenAtEachPlace(t *testing.T) {
	want := written(3)
	all := append([]string{head(t, map[string]any{"trailer": true})}, want...)
	all = append(all, string(ndjson.AppendTrailer(nil, &ndjson.Trailer{Events: uint64(len(want))})))
	for i := range all {
		left := slices.Delete(slices.Clone(all), i, i+1)
		r, lines, err := read(t, []byte(strings.Join(left, "")), record.ReadOptions{})
		events := len(want)
		if i > 0 && i <= len(want) {
			events--
		}
		var damaged *record.DamagedError
		if len(lines) != events || i <= len(want) != errors.Is(err, io.EOF) || i > len(want) != errors.As(err, &damaged) {
			t.Errorf("line %d: %d events, %v", i, len(lines), err)
			continue
		}
		if got, told := fmt.Sprint(r.Thinned()), fmt.Sprint(record.Thinned{Header: i == 0, Events: uint64(len(want) - events)}); got != told {
			t.Errorf("line %d: it lacks %s, want %s", i, got, told)
		}
	}
}

// TestLinesOfJSONThatAreNone: what a formatter made of the lines is refused with advice.
func TestLinesOfJSONThatAreNone(t *testing.T) {
	_, _, err := read(t, []byte("{\n  \"event\": \"header\"\n}\n"), record.ReadOptions{})
	if err == nil || !strings.Contains(err.Error(), "jq -c") {
		t.Errorf("%v", err)
	}
}
