package main

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestCommandStatusIsPassedOn(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137} {
		f := &fake{lasts: true}
		if r := f.execute(t, nil, "watch", "-q", "--", "sh", "-c", script); r.code != want || message(r.err) != "" {
			t.Errorf("%s: %d, %v; want %d", script, r.code, r.err, want)
		}
	}
}

func TestCommandIsFollowed(t *testing.T) {
	f := &fake{lasts: true, events: []*events.Event{snapshot(9, 1), fork(50, tracerPID), fork(51, 9), fork(52, 50), exit(52, 0), exit(50, 0), exit(60, 0)}}
	r := f.execute(t, nil, "watch", "-q", "-o", "json", "--", "sh", "-c", "echo its output")
	if got, want := told(t, r.out), "fork fork exit exit"; r.code != 0 || got != want {
		t.Errorf("%d: got %s, want %s", r.code, got, want)
	}
	if r.errOut != "its output\n" {
		t.Errorf("stderr %q", r.errOut)
	}
	if !f.counts {
		t.Error("its birth may not be among those that are counted")
	}
}

func TestCommandIsToldToEndAtATimeout(t *testing.T) {
	f := &fake{lasts: true}
	if r := f.execute(t, nil, "watch", "-q", "--timeout", "20ms", "--", "sleep", "60"); r.code != 128+15 {
		t.Errorf("%d, %v", r.code, r.err)
	}
}

func TestCommandIsLookedUpFirst(t *testing.T) {
	f := &fake{}
	r := f.execute(t, nil, "watch", "--", "./no/such")
	if r.code != exitNotFound || f.closed || !strings.Contains(message(r.err), "not started") {
		t.Errorf("%d, %v", r.code, r.err)
	}
	if r := f.execute(t, nil, "watch", "--", "/"); r.code != exitNotRunning {
		t.Errorf("%d, %v", r.code, r.err)
	}
}
