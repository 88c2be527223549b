package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func who(pid int32) events.Ref { return events.Ref{Key: process(pid, 1).Key, Comm: "sh"} }

func sent(number int32, result events.SignalResult, sender int32) *events.Event {
	return &events.Event{Kind: events.Signal, Process: process(9, 1), Signal: &events.SignalDetail{
		Signal: number, Result: result, TargetIsInit: true, Sender: who(sender),
	}}
}

// A death is one sentence: the signals that it names are not told before, others are.
func TestNarratorOfDeath(t *testing.T) {
	dead := exit(9, 0)
	dead.Seq, dead.Exit.Status = 7, events.ExitStatus{Signal: 9}
	dead.Exit.Killer = &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: who(5), Preceded: []events.PriorSignal{
		{Signal: 15, Sender: who(4), Result: events.SignalIgnored},
	}}
	over := &events.Event{Kind: events.ContainerExit, Cause: 7, Process: process(9, 1), Exit: dead.Exit}
	over.Process.Container = &events.Container{ID: "9f1c", Name: "web"}
	victim := exit(10, 0) // of which pidns_reap tells
	victim.Exit.Killer = &events.Killer{Origin: events.OriginPidnsReap, Signal: 9, Sender: who(9)}
	var out bytes.Buffer
	n := narrator{w: &out, key: dead.Process.Key, look: text.Options{Zone: time.UTC, Story: true}}
	for _, ev := range []*events.Event{
		sent(1, events.SignalDelivered, 3), sent(15, events.SignalIgnored, 4), nil, sent(12, events.SignalIgnored, 3), nil,
		sent(9, events.SignalDelivered, 5), nil, dead, over, victim,
	} {
		err := n.idle()
		if ev != nil {
			err = n.tell(ev)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const at = "00:00:00.000000 9 "
	want := at + "SIGHUP to sh, PID 1 of its namespace, from 3 sh\n" + at + "SIGUSR2 to sh from 3 sh, ignored by this PID 1\n" +
		at + "sh: killed by SIGKILL, by 5 sh; SIGTERM from 4 sh was ignored\n" + at + "with it ended the container web\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// What was held is told when the story ends before the process.
func TestNarratorFinishes(t *testing.T) {
	var out bytes.Buffer
	n := narrator{w: &out, key: process(9, 1).Key, look: text.Options{Zone: time.UTC}}
	for _, err := range []error{n.tell(sent(15, events.SignalIgnored, 4)), n.idle()} {
		if err != nil || out.Len() > 0 {
			t.Fatalf("%v, told %q", err, out.String())
		}
	}
	if err := n.finish(); err != nil || out.Len() == 0 {
		t.Errorf("%v, nothing is told", err)
	}
}

// What an outer namespace's end did to the one whose PID 1 this was is told of its end.
func TestNarratorOfOuterEnd(t *testing.T) {
	for origin, want := range map[events.Origin]string{
		events.OriginPidnsReap: "; what was left in it was killed with the outer namespace of 3 sh\n", events.OriginUser: "; nothing was left for the kernel to kill\n",
	} {
		dead := exit(9, 0)
		dead.Exit.Status, dead.Exit.Killer = events.ExitStatus{Signal: 9}, &events.Killer{Origin: origin, Signal: 9, Sender: who(3)}
		over := &events.Event{Kind: events.PidnsDestroy, Process: process(9, 1), Pidns: &events.PidnsDetail{Init: who(9), Exit: &dead.Exit.Status}}
		var out bytes.Buffer
		n := narrator{w: &out, key: dead.Process.Key, look: text.Options{Zone: time.UTC, Story: true}}
		if err := first(n.tell(dead), n.tell(over)); err != nil || !bytes.HasSuffix(out.Bytes(), []byte(want)) {
			t.Errorf("%v: %v, told\n%s, want at the end %q", origin, err, out.String(), want)
		}
	}
}
