package phases_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// sound holds what must be so of any timeline, whatever the stream lacks.
func sound(t rapid.TB, got []*report.Timeline, compared bool) {
	t.Helper()
	for _, tl := range got {
		last := uint64(0)
		for _, f := range tl.Phases {
			if f.EndNS != 0 && f.EndNS < f.BeginNS {
				t.Errorf("%s of %s ends before it begins", f.Name, tl.ID)
			}
			if f.Seq < last {
				t.Errorf("%s of %s is out of order", f.Name, tl.ID)
			}
			if f.Process.Key.PID == 0 || f.Name == "" || f.Section == "" || f.Part == "" {
				t.Errorf("a phase of nobody: %+v", f)
			}
			last = f.Seq
		}
		if tl.ID == "" {
			t.Errorf("a container without an id: %v", tl.Init)
		}
	}
	if compared && len(got) > 0 {
		d := phases.Compare(got[0], got[len(got)-1], phases.Tolerance{Ratio: 2})
		if len(got) == 1 && (!d.Same() || len(d.Timings) > 0 || len(d.Unknown) > 0) {
			t.Errorf("a start differs from itself: %+v", d)
		}
	}
}

func record(all []*events.Event) []*report.Timeline {
	r := phases.New()
	for _, ev := range all {
		_ = r.Put(ev)
	}
	return r.Timelines()
}

// TestAnyPart: each prefix, each suffix, and each stream that lacks one record.
func TestAnyPart(t *testing.T) {
	for _, name := range streams {
		all := stream(t, name)
		for i := range all {
			sound(t, record(all[:i]), i%8 == 0)
			sound(t, record(all[i:]), i%8 == 0)
			sound(t, record(append(all[:i:i], all[i+1:]...)), i%8 == 0)
		}
	}
}

// TestPropertyFiltered: any selection, any disorder, any times.
func TestPropertyFiltered(t *testing.T) {
	read := map[string][]*events.Event{}
	for _, name := range streams {
		read[name] = stream(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		var all []*events.Event
		from := read[rapid.SampledFrom(streams).Draw(t, "stream")]
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			ev := rapid.SampledFrom(from).Draw(t, "event").Clone()
			if rapid.Bool().Draw(t, "moved") {
				ev.BootNS = rapid.Uint64Range(0, 1<<62).Draw(t, "time")
			}
			ev.Seq = uint64(len(all) + 1)
			all = append(all, ev)
		}
		sound(t, record(all), true)
	})
}

// FuzzStream: whatever a file says, nothing panics and nothing is negative.
func FuzzStream(f *testing.F) {
	for _, name := range []string{"unshare", "nested"} {
		var lines []byte
		for _, ev := range stream(f, name)[10:] {
			lines = ndjson.AppendEvent(lines, ev, 0)
		}
		f.Add(lines)
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		var all []*events.Event
		for len(lines) > 0 {
			end := 0
			for end < len(lines) && lines[end] != '\n' {
				end++
			}
			ev := &events.Event{}
			if ndjson.DecodeEvent(lines[:end], ev) == nil {
				all = append(all, ev)
			}
			lines = lines[min(end+1, len(lines)):]
		}
		for _, tl := range record(all) {
			for _, p := range tl.Phases {
				if p.EndNS != 0 && p.EndNS < p.BeginNS {
					t.Errorf("%s ends before it begins", p.Name)
				}
			}
			phases.Compare(tl, tl, phases.Tolerance{})
		}
	})
}

// TestForgets: of processes that have no part in any container nothing stays.
func TestForgets(t *testing.T) {
	r := phases.New()
	p := events.Process{Comm: "sh", Exe: "/bin/sh", Chain: events.PIDChain{{NS: events.NSID{Inum: 1}}}, Full: true}
	for i := range 10_000 {
		p.Key = events.ProcKey{PID: int32(i + 2), Start: uint64(i)}
		p.Chain[0].PID = p.Key.PID
		for _, ev := range []*events.Event{
			{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{}},
			{Kind: events.Exec, Process: p, Exec: &events.ExecDetail{}},
			{Kind: events.Exit, Process: p, Exit: &events.ExitDetail{}},
		} {
			if err := r.Put(ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := r.Kept(); n != 0 {
		t.Errorf("%d of 10000 processes are kept", n)
	}
}
