package selection_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

var host, child = events.NSID{Inum: 1}, events.NSID{Inum: 2, ID: 7}

// taken is a sink that notes what reaches it.
type taken struct {
	all     []string
	flushed int
}

func (t *taken) Put(ev *events.Event) error {
	t.all = append(t.all, fmt.Sprintf("%s:%d", ev.Kind, ev.Process.Key.PID))
	return nil
}

func (t *taken) Flush() error { t.flushed++; return nil }

func key(pid int32) events.ProcKey { return events.ProcKey{PID: pid, Start: uint64(pid)} }

func ref(pid int32) events.Ref {
	if pid == 0 {
		return events.Ref{}
	}
	return events.Ref{Key: key(pid)}
}

func process(pid, parent int32) events.Process {
	return events.Process{Key: key(pid), Parent: ref(parent), Comm: "sh", Chain: events.PIDChain{{NS: host, PID: pid}}}
}

func snapshot(pid, parent int32) *events.Event {
	return &events.Event{Kind: events.Snapshot, Process: process(pid, parent)}
}

func fork(pid, parent, creator int32) *events.Event {
	return &events.Event{Kind: events.Fork, Process: process(pid, parent), Fork: &events.ForkDetail{Creator: ref(creator)}}
}

func exit(pid int32) *events.Event {
	return &events.Event{Kind: events.Exit, Process: process(pid, 1), Exit: &events.ExitDetail{Status: events.ExitStatus{Code: 3}}}
}

func lost() *events.Event {
	return &events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}}
}

// in puts the process in the child namespace.
func in(ev *events.Event, pid int32) *events.Event {
	ev.Process.Chain = append(ev.Process.Chain, events.PIDEntry{NS: child, PID: pid})
	return ev
}

func put(t *testing.T, sink events.Sink, all ...*events.Event) {
	t.Helper()
	for _, ev := range all {
		if err := sink.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Flush(); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, got *taken, want string) {
	t.Helper()
	if s := strings.Join(got.all, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestPredicates(t *testing.T) {
	contained := exit(5)
	contained.Process.Container = &events.Container{ID: "9f1cab", Name: "web"}
	destroyed := &events.Event{Kind: events.PidnsDestroy, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: child}}}
	all := []*events.Event{exit(4), contained, in(exit(6), 1), destroyed, lost()}
	for name, test := range map[string]struct {
		wanted selection.Predicate
		want   string
	}{
		"host":           {selection.OnHost, "exit:4 lost:0"},
		"pidns":          {selection.InPidns([]uint32{2}), "exit:6 pidns_destroy:0 lost:0"},
		"container":      {(&selection.Containers{Names: []string{"web"}}).Wants, "exit:5 lost:0"},
		"container id":   {(&selection.Containers{Names: []string{"x", "9f1"}}).Wants, "exit:5 lost:0"},
		"container part": {(&selection.Containers{Names: []string{"we"}}).Wants, "lost:0"},
		"pids":           {selection.PIDs([]int32{4, 6}), "exit:4 exit:6 lost:0"},
	} {
		t.Run(name, func(t *testing.T) {
			var got taken
			put(t, selection.Where(&got, test.wanted), all...)
			expect(t, &got, test.want)
		})
	}
}

func TestPIDsDoNotTakeTheNextBearer(t *testing.T) {
	var got taken
	next := exit(4)
	next.Process.Key.Start = 99
	put(t, selection.Where(&got, selection.PIDs([]int32{4})), snapshot(4, 1), exit(4), next)
	expect(t, &got, "snapshot:4 exit:4")
}

func TestNewPidnsKnowsItFromTheFirstFork(t *testing.T) {
	var got taken
	sink := selection.Where(&got, selection.NewPidns())
	about := func(k events.Kind) *events.Event {
		return &events.Event{Kind: k, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: child}}}
	}
	put(t, sink, in(exit(3), 5), fork(8, 1, 1), in(fork(9, 1, 1), 1), about(events.PidnsCreate), in(exit(9), 1), about(events.PidnsDestroy), in(exit(10), 2))
	expect(t, &got, "fork:9 pidns_create:0 exit:9 pidns_destroy:0")
}

func TestLimit(t *testing.T) {
	var got taken
	sink := selection.Limit(&got, 2)
	if err := sink.Put(exit(1)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := sink.Put(exit(2)); !errors.Is(err, selection.ErrEnough) {
			t.Fatalf("error is %v", err)
		}
	}
	expect(t, &got, "exit:1 exit:2")
}

func TestKinds(t *testing.T) {
	base := selection.SetOf(events.Fork, events.Exit, events.Lost)
	for list, want := range map[string]string{
		"":            "fork exit lost",
		"+exec,-fork": "exec exit lost",
		"-lost":       "fork exit",
		"exec":        "exec lost",
		"exec,exit":   "exec exit lost",
	} {
		set, err := selection.ParseKinds(strings.FieldsFunc(list, func(r rune) bool { return r == ',' }), base)
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		var got []string
		for _, k := range events.Kinds() {
			if set.Has(k) {
				got = append(got, k.String())
			}
		}
		slices.Sort(got)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%q: got %v, want %v", list, got, wanted)
		}
	}
	for _, list := range [][]string{{"forks"}, {"+-fork"}, {"fork", "+exec"}, {"unknown"}, {""}, {"+"}} {
		if _, err := selection.ParseKinds(list, base); err == nil {
			t.Errorf("%q is accepted", list)
		}
	}
	if selection.AllKinds.Has(events.SnapshotEnd) {
		t.Error("the mark at a snapshot's end is in the set of all events")
	}
}

func TestUnknown(t *testing.T) {
	there, later := snapshot(5, 1), exit(6)
	there.Process.Container = &events.Container{ID: "9f1cab"}
	later.Process.Container = &events.Container{ID: "77aa"}
	for name, test := range map[string]struct {
		all  []*events.Event
		want []string
	}{
		"nothing there":   {nil, []string{"9f1", "77", "x"}},
		"an idle moment":  {[]*events.Event{snapshot(4, 1), there}, []string{"77", "x"}},
		"the first event": {[]*events.Event{there, later, later}, []string{"77", "x"}},
	} {
		var got taken
		var told []string
		sink := selection.Unknown(&got, []string{"9f1", "77", "x"}, func(name string) { told = append(told, name) })
		put(t, sink, test.all...)
		put(t, sink)
		if !slices.Equal(told, test.want) || len(got.all) != len(test.all) {
			t.Errorf("%s: told %q, want %q; passed on %s", name, told, test.want, got.all)
		}
	}
}
