package main

import (
	"context"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// lookWait is how long one look waits for files, and in all for what container engines
// answer.
const lookWait = 2 * time.Second

// lookLive looks at the processes of this machine with nothing attached.
func lookLive(ctx context.Context, api string) (*census, error) {
	who, err := lookup(api)
	if err != nil {
		return nil, err
	}
	defer who.Close()
	who.WaitFor(lookWait)
	taken, err := tracer.TakeCensus(who)
	if err != nil {
		return nil, impossible(err)
	}
	header, err := taken.Header()
	if err != nil {
		return nil, err
	}
	c := &census{
		model: tree.New(tree.Options{}), bootTime: header.BootTimeNS, nowNS: tracer.Now(), threads: threads,
		self: int32(header.TracerPID), partial: !taken.InInitialPidns(), local: true, jobs: jobs{},
	}
	if !c.partial {
		c.leader = leaderOf
	}
	c.silent = who.Unanswered()
	return c, tracer.Run(ctx, taken, tracer.Derive(c.model, c.jobs))
}

func threads(key events.ProcKey) []report.Thread {
	var all []report.Thread
	for _, t := range tracer.Threads(key) {
		all = append(all, report.Thread(t))
	}
	return all
}
