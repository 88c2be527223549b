package phases_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// BenchmarkPut is what an event costs that has no part in any container, as most have.
func BenchmarkPut(b *testing.B) {
	p := events.Process{
		Comm: "sh", Exe: "/bin/sh", Args: events.ArgsOf("sh", "-c", "sleep 1"), Full: true,
		Chain: events.PIDChain{{NS: events.NSID{Inum: 1}}}, Parent: events.Ref{Key: events.ProcKey{PID: 1}},
	}
	fork := &events.Event{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{}}
	exec := &events.Event{Kind: events.Exec, Process: p, Exec: &events.ExecDetail{}}
	exit := &events.Event{Kind: events.Exit, Process: p, Exit: &events.ExitDetail{}}
	r := phases.New()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, ev := range []*events.Event{fork, exec, exit} {
			ev.Process.Key = events.ProcKey{PID: int32(i&0xffff + 2), Start: uint64(i)}
			_ = r.Put(ev)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(3*b.N), "ns/event")
}
