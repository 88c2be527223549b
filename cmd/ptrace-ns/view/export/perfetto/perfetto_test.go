package perfetto_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/perfetto"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func export(t fatal, all []*events.Event) []message {
	var out bytes.Buffer
	to := perfetto.New(&out, exporttest.Header())
	exporttest.Put(t, to, all)
	if err := to.Finish(); err != nil {
		t.Fatal(err)
	}
	return read(t, out.Bytes()).subs("packet")
}

// TestTrace holds, of any stream, what trace_processor needs: tracks are described
// once and have parents that are, slices nest and time does not go back on a track,
// and each flow has one beginning and one end. Strings are what they were.
func TestTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		packets := export(t, all)
		tracks := described(t, packets)
		for uuid, d := range tracks {
			tracks.path(t, uuid)
			if got := d.enum("sibling_merge_behavior"); got != "SIBLING_MERGE_BEHAVIOR_NONE" { //nolint:misspell // a published name
				t.Errorf("%q is drawn as one with others of its name: %s", d.str("name"), got)
			}
		}
		checkMarks(t, packets, tracks)
		checkStrings(t, packets, tracks, all[3].Process)
	})
}

func checkMarks(t fatal, packets []message, tracks tracks) {
	depth, last, begun := map[uint64]int{}, map[uint64]uint64{}, map[uint64]bool{}
	for _, p := range packets {
		if !p.has("track_event") {
			continue
		}
		e := p.sub("track_event")
		track, at := e.num("track_uuid"), p.num("timestamp")
		if _, there := tracks[track]; !there || at < last[track] {
			t.Errorf("at %d after %d on %v: %v", at, last[track], tracks[track], e)
		}
		last[track] = at
		switch kind := e.enum("type"); kind {
		case "TYPE_SLICE_BEGIN":
			depth[track]++
		case "TYPE_SLICE_END":
			depth[track]--
		case "TYPE_INSTANT":
		default:
			t.Errorf("an event of type %s", kind)
		}
		if depth[track] < 0 {
			t.Errorf("more slices end than begin on %v", tracks[track])
		}
		for _, id := range e.nums("flow_ids") {
			if begun[id] {
				t.Errorf("flow %d begins twice", id)
			}
			begun[id] = true
		}
		for _, id := range e.nums("terminating_flow_ids") {
			if !begun[id] {
				t.Errorf("flow %d ends and did not begin", id)
			}
			delete(begun, id)
		}
	}
	if len(begun) > 0 {
		t.Errorf("flows without an end: %v", begun)
	}
}

// checkStrings reads the strings of the process that executes.
func checkStrings(t fatal, packets []message, tracks tracks, want events.Process) {
	var named []string
	for _, d := range tracks {
		if name, ok := strings.CutSuffix(d.str("name"), " 8"); ok {
			named = append(named, exporttest.Name(t, name))
		}
	}
	if !slices.Equal(named, []string{want.Comm}) {
		t.Errorf("named %q, want %q", named, want.Comm)
	}
	facts := map[string][]string{}
	for _, p := range packets {
		if !p.has("track_event") {
			continue
		}
		for _, a := range p.sub("track_event").subs("debug_annotations") {
			facts[a.str("name")] = append(facts[a.str("name")], a.str("string_value"))
		}
	}
	said := func(fact, want string, read func(string) string) {
		if want != "" && !slices.ContainsFunc(facts[fact], func(s string) bool { return read(s) == want }) {
			t.Errorf("no %s is %q: %q", fact, want, facts[fact])
		}
	}
	one := func(s string) string { return exporttest.Name(t, s) }
	said("exe", want.Exe, one)
	said("cwd", want.Cwd, one)
	said("cgroup", want.Cgroup.Path, one)
	said("container_name", want.Container.Name, one)
	said("container_id", want.Container.ID, one)
	said("container_image", want.Container.Image, one)
	said("args", fmt.Sprintf("%q", want.Args.Strings()), func(s string) string { return fmt.Sprintf("%q", exporttest.Unquote(t, s)) })
}

// TestGroups: Perfetto shows a thread in its process, that in its container, and that in
// the PID namespace in the one around it; and two processes of one name as two.
func TestGroups(t *testing.T) {
	host, child := events.NSID{Inum: 10}, events.NSID{Inum: 11}
	process := func(pid, own int32) events.Process {
		return events.Process{
			Key: events.ProcKey{PID: pid, Start: uint64(pid)}, TID: pid, Comm: "sh", Container: &events.Container{ID: "c", Name: "web", Runtime: "docker"},
			Chain: events.PIDChain{{NS: host, PID: pid}, {NS: child, PID: own}},
		}
	}
	thread := process(8, 1)
	thread.TID, thread.Comm = 20, "worker"
	packets := export(t, []*events.Event{
		{Kind: events.Snapshot, BootNS: 2000, Process: process(8, 1)},
		{Kind: events.Snapshot, BootNS: 2000, Process: process(9, 2)},
		{Kind: events.ThreadStart, BootNS: 2100, Process: thread, Fork: &events.ForkDetail{}},
	})
	tracks := described(t, packets)
	var paths []string
	for uuid := range tracks {
		paths = append(paths, strings.Join(tracks.path(t, uuid), " < "))
	}
	slices.Sort(paths)
	const around = " < docker container web < PID namespace 11 < initial PID namespace"
	want := []string{
		"PID namespace 11 < initial PID namespace", "docker container web < PID namespace 11 < initial PID namespace",
		"initial PID namespace", "machine", "sh 8" + around, "sh 9" + around, "worker 20 < sh 8" + around,
	}
	if !slices.Equal(paths, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(paths, "\n"), strings.Join(want, "\n"))
	}
}
