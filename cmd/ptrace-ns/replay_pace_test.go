package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// listed is a source of given events.
type listed []*events.Event

func (l *listed) Next(context.Context) (*events.Event, error) {
	if len(*l) == 0 {
		return nil, io.EOF
	}
	ev := (*l)[0]
	*l = (*l)[1:]
	return ev, nil
}

// TestPace asks how long it waits for, by a clock that does not go on while it does.
func TestPace(t *testing.T) {
	at := func(kind events.Kind, ns uint64) *events.Event { return &events.Event{Kind: kind, BootNS: ns} }
	const second = uint64(time.Second)
	src := &listed{at(events.Snapshot, 1), at(events.Snapshot, 900*second), at(events.Fork, 1000*second),
		at(events.Exec, 2000*second), at(events.Exec, 1500*second), at(events.Exit, 3000*second)}
	var waits []time.Time
	p := &paced{src: src, speed: 2, wait: func(_ context.Context, due time.Time) error {
		waits = append(waits, due)
		return nil
	}}
	var told, idle int
	for {
		ev, err := p.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if ev == nil {
			idle++
			continue
		}
		told++
	}
	// The third waits for its own time, which lies before the second's.
	if told != 6 || idle != 3 || len(waits) != 3 {
		t.Fatalf("%d events, %d idle moments, %d waits", told, idle, len(waits))
	}
	for i, want := range []time.Duration{500, 250, 1000} {
		if got := waits[i].Sub(p.began); got != want*time.Second {
			t.Errorf("wait %d ends %s after the beginning, want %d s", i, got, want)
		}
	}
}
