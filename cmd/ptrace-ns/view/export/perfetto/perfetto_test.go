package perfetto_test

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/perfetto"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// field is one of a published message: its name, its type on the wire and, of a
// message, what is in it.
type field struct {
	name string
	wire protowire.Type
	in   map[protowire.Number]field
}

const (
	num = protowire.VarintType
	str = protowire.BytesType
	f64 = protowire.Fixed64Type
)

// trace is the part of Perfetto's published protocol that may come, read from the
// .proto files and not from the code under test.
var trace = map[protowire.Number]field{1: {"packet", str, map[protowire.Number]field{
	6: {"clock_snapshot", str, map[protowire.Number]field{
		1: {"clocks", str, map[protowire.Number]field{1: {"clock_id", num, nil}, 2: {"timestamp", num, nil}}},
		2: {"primary_trace_clock", num, nil},
	}},
	8: {"timestamp", num, nil}, 10: {"trusted_packet_sequence_id", num, nil}, 13: {"sequence_flags", num, nil},
	11: {"track_event", str, map[protowire.Number]field{
		9: {"type", num, nil}, 11: {"track_uuid", num, nil}, 22: {"categories", str, nil}, 23: {"name", str, nil},
		47: {"flow_ids", f64, nil}, 48: {"terminating_flow_ids", f64, nil},
		4: {"debug_annotations", str, map[protowire.Number]field{10: {"name", str, nil}, 4: {"int_value", num, nil}, 6: {"string_value", str, nil}}},
	}},
	60: {"track_descriptor", str, map[protowire.Number]field{
		1: {"uuid", num, nil}, 2: {"name", str, nil}, 5: {"parent_uuid", num, nil}, 11: {"child_ordering", num, nil},
		3: {"process", str, map[protowire.Number]field{1: {"pid", num, nil}, 2: {"cmdline", str, nil}, 6: {"process_name", str, nil}, 7: {"start_timestamp_ns", num, nil}}},
		4: {"thread", str, map[protowire.Number]field{1: {"pid", num, nil}, 2: {"tid", num, nil}, 5: {"thread_name", str, nil}}},
	}},
}}}

// message is what was read: numbers, strings and messages by name.
type message struct {
	nums map[string][]uint64
	strs map[string][]string
	subs map[string][]message
}

func (m message) num(name string) uint64 {
	if len(m.nums[name]) != 1 {
		return 0
	}
	return m.nums[name][0]
}

func (m message) str(name string) string {
	if len(m.strs[name]) != 1 {
		return ""
	}
	return m.strs[name][0]
}

func (m message) sub(name string) *message {
	if len(m.subs[name]) != 1 {
		return nil
	}
	return &m.subs[name][0]
}

func parse(t fatal, b []byte, of map[protowire.Number]field) message {
	m := message{map[string][]uint64{}, map[string][]string{}, map[string][]message{}}
	for len(b) > 0 {
		n, wire, size := protowire.ConsumeTag(b)
		f, ok := of[n]
		if size < 0 || !ok || f.wire != wire {
			t.Fatalf("field %d of type %d is not published", n, wire)
		}
		b = b[size:]
		switch wire {
		case num:
			v, size := protowire.ConsumeVarint(b)
			m.nums[f.name], b = append(m.nums[f.name], v), b[max(size, 0):]
		case f64:
			v, size := protowire.ConsumeFixed64(b)
			m.nums[f.name], b = append(m.nums[f.name], v), b[max(size, 0):]
		default:
			v, size := protowire.ConsumeBytes(b)
			if size < 0 {
				t.Fatalf("%s is cut off", f.name)
			}
			if f.in != nil {
				m.subs[f.name] = append(m.subs[f.name], parse(t, v, f.in))
			} else {
				exporttest.Inert(t, string(v))
				m.strs[f.name] = append(m.strs[f.name], string(v))
			}
			b = b[size:]
		}
	}
	return m
}

type fatal interface {
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func export(t fatal, all []*events.Event) []message {
	var out bytes.Buffer
	to := perfetto.New(&out, exporttest.Header())
	exporttest.Put(t, to, all)
	if err := to.Finish(); err != nil {
		t.Fatal(err)
	}
	return parse(t, out.Bytes(), trace).subs["packet"]
}

// TestTrace holds, of any stream, what trace_processor needs: tracks are described
// once and have parents that are, slices nest and time does not go back on a track,
// and each flow has one beginning and one end.
func TestTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		packets := export(t, all)
		tracks, described := map[uint64]message{}, 0
		for _, p := range packets {
			if d := p.sub("track_descriptor"); d != nil {
				described++
				tracks[d.num("uuid")] = *d
			}
		}
		if described == 0 || described != len(tracks) {
			t.Fatalf("%d descriptors of %d tracks", described, len(tracks))
		}
		for uuid, d := range tracks {
			if up := d.num("parent_uuid"); up != 0 && (up == uuid || tracks[up].nums == nil) {
				t.Errorf("the parent of %v is not there", d)
			}
		}
		checkMarks(t, packets, tracks)
		checkStrings(t, packets, all)
	})
}

func checkMarks(t fatal, packets []message, tracks map[uint64]message) {
	depth, last, begun := map[uint64]int{}, map[uint64]uint64{}, map[uint64]bool{}
	for _, p := range packets {
		e := p.sub("track_event")
		if e == nil {
			continue
		}
		track, at := e.num("track_uuid"), p.num("timestamp")
		if tracks[track].nums == nil || at < last[track] {
			t.Errorf("at %d after %d on %v: %v", at, last[track], tracks[track], e)
		}
		last[track] = at
		switch e.num("type") {
		case 1:
			depth[track]++
		case 2:
			depth[track]--
		}
		if depth[track] < 0 {
			t.Errorf("more slices end than begin on %v", tracks[track])
		}
		for _, id := range e.nums["flow_ids"] {
			if begun[id] {
				t.Errorf("flow %d begins twice", id)
			}
			begun[id] = true
		}
		for _, id := range e.nums["terminating_flow_ids"] {
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
func checkStrings(t fatal, packets []message, all []*events.Event) {
	want := all[3].Process
	var found *message
	for _, p := range packets {
		if d := p.sub("track_descriptor"); d != nil && d.sub("process") != nil && d.sub("process").num("pid") == 8 {
			found = d.sub("process")
		}
	}
	if found == nil {
		t.Fatal("the process has no track")
	}
	if got := exporttest.Name(t, found.str("process_name")); got != want.Comm {
		t.Errorf("named %q, want %q", got, want.Comm)
	}
	var args []string
	for _, arg := range found.strs["cmdline"] {
		args = append(args, exporttest.Word(t, arg))
	}
	if !slices.Equal(args, want.Args.Strings()) {
		t.Errorf("arguments %q, want %q", args, want.Args.Strings())
	}
	facts := map[string]bool{}
	for _, p := range packets {
		if e := p.sub("track_event"); e != nil {
			for _, a := range e.subs["debug_annotations"] {
				facts[a.str("name")+"="+a.str("string_value")] = true
				if a.str("name") == "exe" {
					facts["exe is "+exporttest.Name(t, a.str("string_value"))] = true
				}
			}
		}
	}
	if want.Exe != "" && !facts["exe is "+want.Exe] {
		t.Errorf("no exe %q in %v", want.Exe, facts)
	}
}

// TestGroups: a process in a container is below it, and that below the PID namespace,
// and that below the one around it.
func TestGroups(t *testing.T) {
	var all []*events.Event
	rapid.Check(t, func(t *rapid.T) { all = exporttest.Life(t) })
	c := *all[13].Process.Container
	c.Name, c.Runtime = "web", "docker"
	for _, ev := range all {
		if ev.Process.Container != nil {
			ev.Process.Container = &c
		}
	}
	tracks := map[uint64]message{}
	var at uint64
	for _, p := range export(t, all) {
		if d := p.sub("track_descriptor"); d != nil {
			tracks[d.num("uuid")] = *d
			if d.sub("process") != nil && d.sub("process").num("pid") == 8 {
				at = d.num("parent_uuid")
			}
		}
	}
	var names []string
	for ; at != 0; at = tracks[at].num("parent_uuid") {
		names = append(names, tracks[at].str("name"))
	}
	if want := []string{"docker container web", "PID namespace 11", "initial PID namespace"}; !slices.Equal(names, want) {
		t.Errorf("it is in %q, want %q", names, want)
	}
}
