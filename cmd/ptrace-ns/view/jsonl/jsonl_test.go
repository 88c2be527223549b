package jsonl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/jsonl"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func exit(seq uint64, code int) *events.Event {
	return &events.Event{
		Seq: seq, Kind: events.Exit, Exit: &events.ExitDetail{Status: events.ExitStatus{Code: code}},
		Process: events.Process{
			Key: events.ProcKey{PID: 7, Start: 9}, Comm: "sh",
			Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 7}},
		},
	}
}

func run(t *testing.T, fields *jsonl.Fields, all ...*events.Event) []string {
	t.Helper()
	var out bytes.Buffer
	sink, err := jsonl.New(&out, &events.Header{Version: "1"}, fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range all {
		if err := sink.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Flush(); err != nil {
		t.Fatal(err)
	}
	return strings.Split(out.String(), "\n")
}

func TestHeaderComesFirst(t *testing.T) {
	lines := run(t, nil, exit(1, 0), exit(2, 3))
	if len(lines) != 4 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	if !strings.HasPrefix(lines[0], `{"event":"header"`) || !strings.HasPrefix(lines[2], `{"seq":2`) || lines[3] != "" {
		t.Errorf("%q", lines)
	}
}

func TestFields(t *testing.T) {
	fields := jsonl.ParseFields([]string{"process.comm", "exit", "process.pid", "killer.signal", "process.ns.pid"})
	lines := run(t, fields, exit(1, 3))
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	if want := `{"process":{"comm":"sh","pid":7,"ns":{"pid":1}},"exit":{"code":3}}`; lines[1] != want {
		t.Errorf("got  %s\nwant %s", lines[1], want)
	}
}
