package ndjson_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func sampleTimeline() *report.Timeline {
	moved := &events.ReparentDetail{From: runc, To: ref(1, "init"), Reason: events.ReparentSubreaper, FromExit: &events.ExitStatus{Code: 1}, Confirmed: true, Foretold: runc}
	phase := func(f report.Phase) report.Phase {
		f.Section, f.Part, f.Process, f.Program, f.Parent, f.Creator = report.Starting, "runtime", runc, "ru\xffnc", ref(1, "init"), ref(2, "x\x1b")
		f.Args, f.Seq, f.BeginNS = events.ArgsOf("runc", "\xfe", ""), 7, 100
		return f
	}
	return &report.Timeline{
		ID: "we\xffb", Container: docker, Runtime: "docker", Genealogy: "containerd-shim-v2", Pidns: events.NSInfo{ID: childNS, Level: 1, Parent: hostNS}, Shared: true,
		Init: initRef, Chain: full().Chain, Args: full().Args, Namespaces: []string{"pid", "mnt"}, Creator: runc, Parent: ref(1, "init"), Adopted: moved,
		BeganNS: 100, RunsNS: 200, EndedNS: 300, Exit: &events.ExitStatus{Signal: 9}, Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: runc},
		Reaped: []events.Ref{ref(8, "c\x9b")}, Gone: true,
		Phases: []report.Phase{
			phase(report.Phase{Name: "runtime_create", EndNS: 100, Exit: &events.ExitStatus{}}),
			phase(report.Phase{Name: "asked", Link: "time"}),
			phase(report.Phase{Name: "pidns_created", Moment: true, Via: "unshare", Flags: 1 << 29}),
			phase(report.Phase{Name: "cgroup_made", Moment: true, Cgroup: "/a\xff"}),
			phase(report.Phase{Name: "root_pivoted", Moment: true, NewRoot: "."}),
			phase(report.Phase{Name: "init_reparented", Moment: true, Reparent: moved}),
			phase(report.Phase{Name: "signal", Moment: true, Signal: &events.SignalDetail{Signal: 15, Sender: runc, Result: events.SignalIgnored}}),
			phase(report.Phase{Name: "reaped", EndNS: 400, Count: 3}),
		},
		Absent: []report.Absence{{Phase: "asked", Why: "not_seen"}},
	}
}

func sampleDifference() *report.Difference {
	t := sampleTimeline()
	return &report.Difference{
		A: t, B: &report.Timeline{ID: "b"}, Compared: 3,
		Changes: []report.Change{{What: "runtime", A: "x"}, {Phase: "helper \xff", What: "added", B: "\xfe\x1b"}},
		Unknown: []report.Change{{Phase: "root_pivoted", What: "missing", B: "not_recorded"}},
		Timings: []report.Timing{{Phase: "start", ANS: 2, BNS: 3}, {Phase: "stage_1", BNS: 3}},
	}
}

// TestStartDocuments holds each document to its schema, to its types and to the file.
func TestStartDocuments(t *testing.T) {
	account := &report.Account{Timeline: sampleTimeline(), Sentences: []report.Sentence{{About: "end", Text: "It ended"}}, Unknown: []string{"asked"}}
	for name, c := range map[string]struct {
		got []byte
		doc any
	}{
		"timeline": {ndjson.AppendTimeline(nil, sampleTimeline(), bootTime), new(ndjson.TimelineDoc)},
		"diff":     {ndjson.AppendDifference(nil, sampleDifference()), new(ndjson.DifferenceDoc)},
		"explain":  {ndjson.AppendAccount(nil, account, bootTime), new(ndjson.AccountDoc)},
	} {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/"+name+".json", c.got)
			valid(t, name, c.got)
			decode := json.NewDecoder(bytes.NewReader(c.got))
			decode.DisallowUnknownFields()
			if err := decode.Decode(c.doc); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(c.doc)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := generic(t, again), generic(t, c.got); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %s\nwant %s", again, c.got)
			}
		})
	}
	valid(t, "timeline", ndjson.AppendTimelines(nil, []*report.Timeline{sampleTimeline()}, bootTime))
	valid(t, "timeline", ndjson.AppendTimelines(nil, nil, bootTime))
	valid(t, "timeline", ndjson.AppendTimeline(nil, &report.Timeline{ID: "1", Init: initRef}, bootTime))
}
