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
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func sampleNode() *report.Node {
	moved := report.Adoption{BootNS: 77, EndNS: 76, AfterNS: 75, ReparentDetail: events.ReparentDetail{
		From: runc, To: ref(1, "init"), Reason: events.ReparentInit, FromExit: &events.ExitStatus{Code: 1}, Confirmed: true,
	}}
	return &report.Node{
		Process: atWork(), State: report.Live, Reparented: []report.Adoption{moved}, ReparentedBefore: 2,
		Threads: []report.Thread{{TID: 7611, Comm: "a\xff\x1b", PIDs: []int32{7611, 4}}},
		Children: []*report.Node{
			{Process: zombie(), State: report.Zombie, Exit: &events.ExitStatus{Signal: 9}, LifetimeNS: 5},
			{Process: full(), State: report.Ending, Exit: &events.ExitStatus{Signal: 9}},
			{Process: events.Process{Key: runc.Key, Comm: "runc"}, State: report.Unseen},
		},
	}
}

func sampleNamespace() *report.Namespace {
	return &report.Namespace{
		Info: events.NSInfo{ID: hostNS}, Members: 90, Visible: 93,
		Children: []*report.Namespace{{
			Info: events.NSInfo{ID: childNS, Level: 1, Parent: hostNS, UserNS: 4026531837},
			Init: initRef, Chain: full().Chain, Args: full().Args, Exe: "/bin/busybox", Creator: runc, Via: "clone", Container: docker,
			HasUID: true, UID: 33, Containers: []*events.Container{docker, {ID: "77", Runtime: "containerd"}},
			Killed: []events.Ref{ref(12, "k")}, ReapNS: 4, Holders: []events.Ref{ref(13, "h")},
			Members: 2, Visible: 3, Unreaped: 1, AgeNS: 9, BornNS: 3, Over: true, EndNS: 12, Unsure: 1, Dying: true, DyingNS: 8, InitExit: &events.ExitStatus{Code: 3},
			WaitingFor: []report.Waiting{{Process: ref(9, "x\x9b"), Parent: runc, Zombie: true}},
		}},
	}
}

func sampleLife() *report.Life {
	node := sampleNode()
	node.Children, node.Killer = nil, &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: runc}
	line := ndjson.AppendEvent(nil, &events.Event{Seq: 9, Kind: events.OOM, Process: brief()}, bootTime)
	return &report.Life{
		Node:      *node,
		Birth:     &report.Birth{BootNS: 5, Creator: runc, CreatorTID: 7601, Parent: ref(1, "init"), Flags: 1 << 29},
		Unborn:    report.NotAsked,
		Ancestors: []report.Ancestor{{Ref: runc, Role: "container runtime", Container: docker}, {Ref: ref(1, "init")}},
		Images:    []report.Image{{Exe: "/bin/a\xfe", Args: events.ArgsOf("a", "")}, {BootNS: 6, Filename: "b", Interpreter: "/bin/sh", OldTID: 7612}},
		Entered:   &report.Entry{Creator: runc, Setns: true},
		Apart:     &report.Apart{Names: []string{"mnt", "net"}, Parent: ref(1, "init"), Shared: initRef},
		Moves: []report.Move{
			{Call: "unshare", Flags: 0x20020000, At: report.Sight{BootNS: 50, Kind: events.Unshare}, Exact: true},
			{After: report.Sight{BootNS: 51, Kind: events.Exec}, At: report.Sight{BootNS: 60, Kind: events.Fork, Child: ref(8, "c")},
				Changes: []report.NSChange{{Name: "pid_for_children", From: 4026531836, To: 4026532178}}},
		},
		MovesBefore: 1, ThreadMoves: 2, ChildrenPidns: 4026532179,
		ThreadsApart: []report.ThreadApart{{TID: 7612, Pidns: 4026532180, Call: "unshare", At: report.Sight{BootNS: 61, Kind: events.Fork, Child: ref(9, "d")}}},
		Reaping:      &report.Reaping{AfterNS: 5, FromNS: 6, UntilNS: 7, BeganCall: true, EndedCall: true},
		Pidns:        sampleNamespace().Children[0],
		Children:     []events.Ref{ref(8, "c")},
		Unknown:      []string{"creator", "images"},
		Events:       [][]byte{bytes.TrimSpace(line)},
	}
}

func sampleCheckup() *report.Checkup {
	return &report.Checkup{Verdict: report.Degraded, Checks: []report.Check{
		{Name: "program", Of: "snapshot", Status: report.Found, For: report.ForTracing, Says: "verified"},
		{Name: "pidns", Status: report.Missing, For: report.ForPart, Says: "a child \"namespace\"", Mend: "--pid host"},
		{Name: "syscalls", Status: report.Found, For: report.ForNothing, Says: "…", Cost: &report.SyscallCost{PlainNS: 61.25, WatchedNS: 99}},
	}}
}

// TestReports holds each document to its schema, to its types and to the file.
func TestReports(t *testing.T) {
	for name, c := range map[string]struct {
		got []byte
		doc any
	}{
		"tree":       {ndjson.AppendTree(nil, []*report.Node{sampleNode()}), new([]ndjson.NodeDoc)},
		"namespaces": {ndjson.AppendNamespaces(nil, []*report.Namespace{sampleNamespace()}), new([]ndjson.NamespaceDoc)},
		"lineage":    {ndjson.AppendLife(nil, sampleLife()), new(ndjson.LineageDoc)},
		"doctor":     {ndjson.AppendCheckup(nil, sampleCheckup()), new(ndjson.CheckupDoc)},
	} {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/"+name+".json", c.got)
			valid(t, name, c.got)
			decode := json.NewDecoder(bytes.NewReader(c.got))
			decode.DisallowUnknownFields()
			if err := decode.Decode(c.doc); err != nil {
				t.Fatal(err)
			}
			// A process that is only named lacks what the types always write.
			if bytes.Contains(c.got, []byte(`"unseen"`)) {
				return
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
}

// valid checks a document against its definition in the schema.
func valid(t *testing.T, definition string, document []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../docs/events.schema.json#/$defs/" + definition)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(document)))
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s%v", document, err)
	}
}

func TestReportsOfNothing(t *testing.T) {
	if got := string(ndjson.AppendTree(nil, nil)); got != "[]\n" {
		t.Errorf("no tree is %q", got)
	}
	valid(t, "namespaces", ndjson.AppendNamespaces(nil, nil))
	valid(t, "lineage", ndjson.AppendLife(nil, &report.Life{Node: report.Node{Process: brief(), State: report.Live}}))
}
