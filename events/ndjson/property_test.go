package ndjson_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// TestNothingIsLost encodes any event that a kernel could make, reads it back and
// holds that it encodes the same again and that people are shown the same.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ev := anyEvent(t)
		line := ndjson.AppendEvent(nil, ev, bootTime)
		d := ndjson.Decoder{Unknown: func(what string) { t.Errorf("%s is not known", what) }}
		back, err := d.Event(line)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if got := ndjson.AppendEvent(nil, back, bootTime); !bytes.Equal(got, line) {
			t.Fatalf("got  %swant %s", got, line)
		}
		if got, want := shown(t, back), shown(t, ev); got != want {
			t.Fatalf("of %sgot  %swant %s", line, got, want)
		}
	})
}

func TestTheSamplesAreShownTheSame(t *testing.T) {
	for _, ev := range samples() {
		var back events.Event
		if err := ndjson.DecodeEvent(ndjson.AppendEvent(nil, ev, bootTime), &back); err != nil {
			t.Fatal(err)
		}
		if got, want := shown(t, &back), shown(t, ev); got != want {
			t.Errorf("got  %swant %s", got, want)
		}
	}
}

// shown is what the text view makes of an event.
func shown(t interface{ Fatal(...any) }, ev *events.Event) string {
	var out bytes.Buffer
	sink := text.New(&out, header(), text.Options{Late: true, Unicode: true, Zone: time.UTC})
	if err := sink.Put(ev); err != nil {
		t.Fatal(err)
	}
	if err := sink.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The kernel's strings hold any byte but NUL.
var anyText = rapid.OneOf(
	rapid.Map(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 15), func(b []byte) string { return string(b) }),
	rapid.SampledFrom([]string{"sh", "", "a b", "\x1b[2J", "\u202e", "\xff", "\"\\", "/bin/é", "😀"}),
)

var someText = anyText.Filter(func(s string) bool { return s != "" })

func draw[T any](t *rapid.T, g *rapid.Generator[T]) T { return g.Draw(t, "") }

func anyRef(t *rapid.T) events.Ref {
	return events.Ref{Key: anyKey(t), Comm: draw(t, anyText)}
}

func maybeRef(t *rapid.T) events.Ref {
	if draw(t, rapid.Bool()) {
		return events.Ref{}
	}
	return anyRef(t)
}

func anyKey(t *rapid.T) events.ProcKey {
	return events.ProcKey{PID: draw(t, rapid.Int32Range(1, 1<<22)), Start: draw(t, rapid.Uint64())}
}

func anyNS(t *rapid.T) events.NSID {
	return events.NSID{Inum: draw(t, rapid.Uint32Min(1)), ID: draw(t, rapid.Uint64())}
}

func anyArgs(t *rapid.T) events.Args {
	switch draw(t, rapid.IntRange(0, 3)) {
	case 0:
		return events.Args{}
	case 1:
		return events.ArgsOf(draw(t, rapid.SliceOfN(anyText, 0, 4))...)
	case 2:
		a := events.ArgsOf(draw(t, rapid.SliceOfN(anyText, 1, 4))...)
		a.Status, a.Raw = events.Truncated, a.Raw[:draw(t, rapid.IntRange(0, len(a.Raw)))]
		a.Redacted = draw(t, rapid.Bool())
		return a
	}
	return events.Args{Status: events.Unreadable, Size: 7}
}

func anyStatus(t *rapid.T) events.ExitStatus {
	if draw(t, rapid.Bool()) {
		return events.ExitStatus{Code: draw(t, rapid.IntRange(0, 255))}
	}
	return events.ExitStatus{Signal: draw(t, rapid.Int32Range(1, 127)), Core: draw(t, rapid.Bool())}
}

func maybeStatus(t *rapid.T) *events.ExitStatus {
	if draw(t, rapid.Bool()) {
		return nil
	}
	s := anyStatus(t)
	return &s
}

func anyContainer(t *rapid.T, depth int) *events.Container {
	if depth > 3 || draw(t, rapid.Bool()) {
		return nil
	}
	return &events.Container{
		ID: draw(t, someText), Runtime: draw(t, anyText), Source: draw(t, anyText), Name: draw(t, anyText),
		Image: draw(t, anyText), Pod: draw(t, anyText), PodNS: draw(t, anyText), PodUID: draw(t, anyText),
		PodQoS: draw(t, anyText), Namespace: draw(t, anyText), SandboxID: draw(t, anyText), Outer: anyContainer(t, depth+1),
	}
}

func anyProcess(t *rapid.T, full bool) events.Process {
	p := events.Process{
		Key: anyKey(t), Full: full, Parent: maybeRef(t), Comm: draw(t, anyText), Container: anyContainer(t, 0),
		Role: draw(t, anyText), Genealogy: draw(t, anyText), Serves: anyContainer(t, 3),
	}
	for range draw(t, rapid.IntRange(1, events.MaxLevels)) {
		p.Chain = append(p.Chain, events.PIDEntry{NS: anyNS(t), PID: draw(t, rapid.Int32Range(1, 1<<22))})
	}
	p.NS.PID, p.TID = p.Chain.Own().NS.Inum, draw(t, rapid.SampledFrom([]int32{p.Key.PID, 1 << 20}))
	// The model adds these to events that are not full; they are not told.
	p.Exe, p.Cgroup.Path = draw(t, anyText), draw(t, anyText)
	if !full {
		return p
	}
	p.PIDIno, p.PidnsOwner = draw(t, rapid.Uint64()), draw(t, rapid.Uint32())
	p.Cwd, p.Args, p.Env = draw(t, anyText), anyArgs(t), anyArgs(t)
	p.HasIDs = draw(t, rapid.Bool())
	if p.HasIDs {
		p.UID, p.GID = draw(t, rapid.Uint32()), draw(t, rapid.Uint32())
	}
	p.NS.Mnt, p.NS.Net, p.NS.User = draw(t, rapid.Uint32()), draw(t, rapid.Uint32()), draw(t, rapid.Uint32())
	p.Cgroup = events.Cgroup{Hierarchy: draw(t, rapid.Uint32()), ID: draw(t, rapid.Uint64()), Path: draw(t, anyText)}
	p.NSInit, p.Subreaper, p.UnderSubreaper, p.Kthread = draw(t, rapid.Bool()), draw(t, rapid.Bool()), draw(t, rapid.Bool()), draw(t, rapid.Bool())
	return p
}

func anyEvent(t *rapid.T) *events.Event {
	ev := &events.Event{
		Kind: draw(t, rapid.SampledFrom(events.Kinds())), Seq: draw(t, rapid.Uint64Min(1)), Cause: draw(t, rapid.Uint64()),
		BootNS: draw(t, rapid.Uint64Max(1<<60)), CPU: draw(t, rapid.Uint32()),
	}
	switch ev.Kind {
	case events.Fork, events.Exec, events.Snapshot, events.ContainerStart, events.CgroupMove, events.PidnsCreate:
		ev.Process = anyProcess(t, true)
	case events.Lost, events.CgroupMkdir, events.CgroupRmdir:
	case events.ContainerKnown:
		ev.Process.Container, ev.Shared = anyContainer(t, 0), draw(t, rapid.Bool())
		ev.Process.Cgroup = events.Cgroup{Hierarchy: draw(t, rapid.Uint32()), ID: draw(t, rapid.Uint64()), Path: draw(t, anyText)}
	default:
		ev.Process = anyProcess(t, false)
	}
	anyDetail(t, ev)
	return ev
}
