package main

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // before anybody reads it: texts have the reader's zone
	testscript.Main(m, map[string]func(){"ptrace-ns": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true})
}

const tracerPID = 4242

// fake is a tracer whose events are made by hand.
type fake struct {
	events  []*events.Event
	summary summary
	// lasts says that idle moments go on after the events until the run is ended.
	lasts  bool
	asked  liveOptions
	counts bool // births
	closed bool
	model  *tree.Model
	boot   string // id
}

func (f *fake) Partial() bool { return false }

func (f *fake) Follows() (bool, error) { return f.asked.FollowOwn || len(f.asked.FollowPIDs) > 0, nil }

func (f *fake) Header() *events.Header {
	return &events.Header{TracerPID: tracerPID, StartNS: 1, BootID: f.boot}
}
func (f *fake) NowNS() uint64 { return 1 }
func (f *fake) AwaitBirths()  { f.counts = true }
func (f *fake) Close() error  { f.closed = true; return nil }

func (f *fake) Summary() (summary, error) { return f.summary, nil }

func (f *fake) Model() *tree.Model { return f.model }

func (f *fake) Look(see func(*tree.Model) error) error { return see(f.model) }

func (f *fake) Run(ctx context.Context, sinks ...events.Sink) error {
	f.model = tree.New(tree.Options{})
	for i, ev := range f.events {
		if err := f.model.Apply(ev.Clone(), func(*events.Event) error { return nil }); err != nil {
			return err
		}
		ev.Seq = uint64(i + 1)
		for _, s := range sinks {
			if err := s.Put(ev); err != nil {
				return err
			}
		}
	}
	for {
		for _, s := range sinks {
			if err := s.Flush(); err != nil {
				return err
			}
		}
		if !f.lasts {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// output is written by the views and by a command's copier.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// result is what a command line gave.
type result struct {
	code        int
	out, errOut string
	err         error
}

// execute runs a command line on the fake, with app changed as wanted.
func (f *fake) execute(t *testing.T, change func(*app), args ...string) result {
	t.Helper()
	var out, errOut output
	a := &app{
		in: &bytes.Buffer{}, out: &out, err: &errOut,
		getenv: func(string) string { return "" },
		width:  func() int { return 0 },
		open: func(_ context.Context, o liveOptions) (tracing, error) {
			f.asked = o
			return f, nil
		},
	}
	a.setUpLog()
	if change != nil {
		change(a)
	}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.Execute()
	return result{exitCode(err), out.String(), errOut.String(), err}
}

func process(pid, parent int32) events.Process {
	return events.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: "sh",
		Parent: events.Ref{Key: events.ProcKey{PID: parent, Start: uint64(parent)}, Comm: "p"},
		Chain:  events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}},
	}
}

func snapshot(pid, parent int32) *events.Event {
	return &events.Event{Kind: events.Snapshot, Process: process(pid, parent)}
}

func fork(pid, parent int32) *events.Event {
	p := process(pid, parent)
	return &events.Event{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{Creator: p.Parent}}
}

func exit(pid int32, code int) *events.Event {
	return &events.Event{Kind: events.Exit, Process: process(pid, 1), Exit: &events.ExitDetail{Status: events.ExitStatus{Code: code}}}
}

func destroyed(d events.PidnsDetail) *events.Event {
	d.NS = events.NSInfo{ID: events.NSID{Inum: 77}, Level: 1}
	return &events.Event{Kind: events.PidnsDestroy, Process: process(5, 1), Cause: 1, Pidns: &d}
}

func reaped(pid int32) []*events.Event {
	ns := events.NSID{Inum: 77}
	return []*events.Event{
		{Kind: events.Signal, Process: process(pid, 1), Signal: &events.SignalDetail{Signal: 9, Origin: events.OriginPidnsReap, NSID: ns}},
		{Kind: events.PidnsReap, Process: process(pid, 1), Cause: 1, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: ns, Level: 1}, Init: events.Ref{Key: events.ProcKey{PID: 5, Start: 5}, Comm: "in\x1bit"}}},
	}
}
