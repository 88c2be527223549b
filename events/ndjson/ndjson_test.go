package ndjson_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func header() *events.Header {
	return &events.Header{
		Version: "1.0", Host: "h\xff", Kernel: "6.18", BootID: "b", BootTimeNS: bootTime, StartNS: 5,
		TracerPID: 42, PidnsInum: hostNS.Inum,
		Options: map[string]any{"threads": true, "pids": []string{"1", "2"}, "events": "exit", "max_events": 3, "empty": []string{}},
	}
}

// stream is the header and every sample, one line each.
func stream(t *testing.T) []byte {
	t.Helper()
	b, err := ndjson.AppendHeader(nil, header())
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range samples() {
		b = ndjson.AppendEvent(b, ev, bootTime)
	}
	return b
}

func TestSamplesHoldEveryKind(t *testing.T) {
	seen := map[events.Kind]bool{}
	for _, ev := range samples() {
		seen[ev.Kind] = true
	}
	for _, k := range events.Kinds() {
		if !seen[k] {
			t.Errorf("no sample of %s", k)
		}
	}
}

func TestGolden(t *testing.T) {
	golden.Check(t, "testdata/stream.ndjson", stream(t))
}

func TestSchemaAcceptsEveryLine(t *testing.T) {
	schema := compile(t)
	for line := range strings.Lines(string(stream(t))) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s%v", line, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compile(t)
	line := string(ndjson.AppendEvent(nil, &events.Event{Seq: 1, Kind: events.OOM, Process: brief()}, 0))
	for name, change := range map[string][2]string{
		"an unknown field":           {`"seq":1`, `"seq":1,"sequence":1`},
		"another kind's field":       {`"seq":1`, `"seq":1,"filename":"x"`},
		"a missing field":            {`"cpu":0,`, ``},
		"an unknown kind":            {`"oom"`, `"moo"`},
		"a string for a number":      {`"ppid":7580`, `"ppid":"7580"`},
		"a kind without its details": {`"oom"`, `"exit"`},
	} {
		changed := strings.Replace(line, change[0], change[1], 1)
		if changed == line {
			t.Fatalf("%s: nothing to change in %s", name, line)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("%s is accepted: %s", name, changed)
		}
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../docs/events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestDocHoldsWhatTheLineSays reads each line into the types and writes it back:
// what the types lack would be refused, what they alter would differ.
func TestDocHoldsWhatTheLineSays(t *testing.T) {
	for i, line := range bytes.Split(bytes.TrimSpace(stream(t)), []byte("\n")) {
		var doc any = new(ndjson.Doc)
		if i == 0 {
			doc = new(ndjson.HeaderDoc)
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(doc); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		again, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := generic(t, again), generic(t, line); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", again, line)
		}
	}
}

func generic(t *testing.T, line []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(line, &v); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return v
}

func TestHeaderRefusesUnknownOptionTypes(t *testing.T) {
	if _, err := ndjson.AppendHeader(nil, &events.Header{Options: map[string]any{"x": 1.5}}); err == nil {
		t.Error("a float option was taken")
	}
}

func TestAppendEventAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 64<<10)
	var enc ndjson.Encoder
	for _, ev := range samples() {
		if n := testing.AllocsPerRun(10, func() { enc.AppendEvent(buf, ev, bootTime) }); n != 0 {
			t.Errorf("%s: %v allocations", ev.Kind, n)
		}
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	buf := make([]byte, 0, 64<<10)
	var enc ndjson.Encoder
	for _, ev := range []*events.Event{{Kind: events.Exit, Process: brief(), Exit: &events.ExitDetail{}}, {Kind: events.Exec, Process: full(), Exec: &events.ExecDetail{Filename: "/bin/sh"}}} {
		b.Run(ev.Kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				enc.AppendEvent(buf, ev, bootTime)
			}
		})
	}
}
