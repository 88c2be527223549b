package ndjson_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

func BenchmarkDecode(b *testing.B) {
	for _, ev := range []*events.Event{
		{Kind: events.Exit, Process: brief(), Exit: &events.ExitDetail{Reaper: runc, Threads: 1, LifetimeNS: 7}},
		{Kind: events.Fork, Process: full(), Fork: &events.ForkDetail{Creator: runc, ExitSignal: 17}},
		{Kind: events.Exec, Process: full(), Exec: &events.ExecDetail{Filename: "/bin/sh"}},
	} {
		line := ndjson.AppendEvent(nil, ev, bootTime)
		b.Run(ev.Kind.String(), func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			var d ndjson.Decoder
			for b.Loop() {
				if _, err := d.Event(line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
