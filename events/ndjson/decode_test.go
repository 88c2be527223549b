package ndjson_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// again encodes, decodes and encodes.
func again(t *testing.T, line []byte) []byte {
	t.Helper()
	d := ndjson.Decoder{Unknown: func(what string) { t.Errorf("%s is not known in %s", what, line) }}
	ev, err := d.Event(line)
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return ndjson.AppendEvent(nil, ev, bootTime)
}

func TestDecodedSamplesEncodeTheSame(t *testing.T) {
	for _, ev := range samples() {
		line := ndjson.AppendEvent(nil, ev, bootTime)
		if got := again(t, line); !bytes.Equal(got, line) {
			t.Errorf("got  %swant %s", got, line)
		}
	}
}

func TestDecodedHeaderEncodesTheSame(t *testing.T) {
	line, err := ndjson.AppendHeader(nil, header())
	if err != nil {
		t.Fatal(err)
	}
	var h events.Header
	if err := ndjson.DecodeHeader(line, &h); err != nil {
		t.Fatal(err)
	}
	got, err := ndjson.AppendHeader(nil, &h)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, line) {
		t.Errorf("got  %swant %s", got, line)
	}
	if want := header(); h.Host != want.Host || h.BootTimeNS != want.BootTimeNS || !reflect.DeepEqual(h.Options["pids"], want.Options["pids"]) {
		t.Errorf("got %+v\nwant %+v", h, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, line := range map[string]string{
		"nothing":             ``,
		"no object":           `[]`,
		"half of one":         `{"seq":1,"event":"oom"`,
		"two of them":         `{"seq":1,"event":"oom"}{}`,
		"a string for a seq":  `{"seq":"1","event":"oom"}`,
		"a float":             `{"seq":1.5,"event":"oom"}`,
		"2^64":                `{"seq":18446744073709551616,"event":"oom"}`,
		"a large cpu":         `{"seq":1,"cpu":4294967296,"event":"oom"}`,
		"a minus":             `{"seq":-1,"event":"oom"}`,
		"a leading zero":      `{"seq":01,"event":"oom"}`,
		"bytes not UTF-8":     "{\"event\":\"oom\",\"process\":{\"comm\":\"\xff\"}}",
		"a raw control":       "{\"event\":\"oom\",\"process\":{\"comm\":\"\x1b\"}}",
		"a bad escape":        `{"event":"oom","process":{"comm":"\x"}}`,
		"a bad id":            `{"event":"oom","process":{"id":"7"}}`,
		"a huge pid":          `{"event":"oom","process":{"id":"2147483648-1"}}`,
		"too many PID levels": `{"event":"oom","process":{"pids":[` + strings.Repeat(`{},`, events.MaxLevels) + `{}]}}`,
		"deep nesting":        `{"event":"oom","x":` + strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000) + `}`,
		"raw not base64":      `{"event":"oom","process":{"raw":{"comm":"~"}}}`,
	} {
		var ev events.Event
		var syntax *ndjson.SyntaxError
		if err := ndjson.DecodeEvent([]byte(line), &ev); !errors.As(err, &syntax) {
			t.Errorf("%s: %v, want a syntax error", name, err)
		}
	}
}

func TestDecodeOfNewerPrograms(t *testing.T) {
	var ev events.Event
	var unknown *ndjson.UnknownError
	if err := ndjson.DecodeEvent([]byte(`{"seq":7,"event":"teleport"}`), &ev); !errors.As(err, &unknown) || unknown.Kind != "teleport" {
		t.Errorf("%v, want the unknown kind's name", err)
	}
	var told []string
	d := ndjson.Decoder{Unknown: func(what string) { told = append(told, what) }}
	got, err := d.Event([]byte(`{"mood":{"a":[1,-2.5e3,null,"x"]},"event":"signal","origin":"moon","process":{"id":"7-9","hue":true},"seq":7}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"event.mood", "origin=moon", "process.hue"}; !reflect.DeepEqual(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
	if got.Seq != 7 || got.Process.Key.PID != 7 || got.Signal == nil || got.Signal.Origin != events.OriginUnknown {
		t.Errorf("got %+v", got)
	}
	var h events.Header
	var schema *ndjson.SchemaError
	if err := ndjson.DecodeHeader([]byte(`{"event":"header","schema":"ptrace-ns/2"}`), &h); !errors.As(err, &schema) {
		t.Errorf("%v, want a schema error", err)
	}
	if err := ndjson.DecodeHeader([]byte(`{"event":"header","schema":"ptrace-ns/1.7"}`), &h); err != nil {
		t.Errorf("a newer minor version: %v", err)
	}
}

// The events of a busy stream cost no memory once their names have been seen.
func TestDecodeAllocatesNothing(t *testing.T) {
	p := full()
	p.Cwd, p.Args = "", events.ArgsOf("sh", "-c", "true")
	for _, ev := range []*events.Event{
		{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{Creator: runc}},
		{Kind: events.Exec, Process: p, Exec: &events.ExecDetail{Filename: "/bin/sh"}},
		{Kind: events.Exit, Process: brief(), Exit: &events.ExitDetail{Reaper: initRef}},
	} {
		line := ndjson.AppendEvent(nil, ev, bootTime)
		var d ndjson.Decoder
		n := testing.AllocsPerRun(100, func() {
			if _, err := d.Event(line); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", ev.Kind, n)
		}
	}
}
