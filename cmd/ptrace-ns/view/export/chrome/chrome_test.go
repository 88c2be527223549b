package chrome_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/chrome"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/events"
)

type event struct {
	Name, Cat, Ph, ID, BP, S string
	TS, Dur                  *float64
	PID, TID                 int64
	Args                     map[string]any
}

func export(t *rapid.T, all []*events.Event) []event {
	out := exporttest.Written(t, chrome.New, all)
	var doc struct {
		TraceEvents     []event
		DisplayTimeUnit string
	}
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc.TraceEvents
}

// TestTrace holds, of any stream, what the format asks of each phase, and that the
// strings are there.
func TestTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		flows, names := map[string]string{}, map[int64]string{}
		var args string
		for _, e := range export(t, all) {
			switch e.Ph {
			case "M":
				if e.Name == "process_name" {
					names[e.PID], _ = e.Args["name"].(string)
				}
			case "X":
				if e.TS == nil || e.Dur == nil || *e.Dur < 0 || e.Name == "" {
					t.Errorf("slice %+v", e)
				}
				if text, ok := e.Args["args"].(string); ok && e.Cat == "image" && e.PID == 8 {
					args = text
				}
			case "i":
				if e.TS == nil || e.S != "t" {
					t.Errorf("instant %+v", e)
				}
			case "s", "f":
				flows[e.ID] += e.Ph
				if e.Ph == "f" && e.BP != "e" {
					t.Errorf("end of a flow %+v", e)
				}
			default:
				t.Errorf("phase %q", e.Ph)
			}
		}
		for id, ends := range flows {
			if ends != "sf" {
				t.Errorf("flow %s is %s", id, ends)
			}
		}
		ran := all[3].Process
		if got := exporttest.Name(t, names[8]); got != ran.Comm {
			t.Errorf("named %q, want %q", got, ran.Comm)
		}
		if got := exporttest.Unquote(t, args); !slices.Equal(got, ran.Args.Strings()) {
			t.Errorf("arguments %q, want %q", got, ran.Args.Strings())
		}
	})
}

// TestReused: two processes with one PID are two.
func TestReused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		for _, ev := range exporttest.Life(t) {
			if ev.Process.Key.PID == 8 {
				ev.Process.Key.Start = 9000
			}
			ev.BootNS += 10_000
			all = append(all, ev)
		}
		lives := map[int64]int{}
		for _, e := range export(t, all) {
			if e.Ph == "X" && strings.HasPrefix(e.Name, "process ") {
				lives[e.PID]++
			}
		}
		if len(lives) != 3 {
			t.Errorf("%d processes: %v", len(lives), lives)
		}
		for pid, n := range lives {
			if n != 1 {
				t.Errorf("process %d has %d lives", pid, n)
			}
		}
	})
}
