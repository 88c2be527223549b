package main

import (
	"github.com/rs/zerolog"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// nsLog tells the lives of PID namespaces in the log, as records that a log
// collector can search.
type nsLog struct{ log zerolog.Logger }

func (l nsLog) Put(ev *events.Event) error {
	d := ev.Pidns
	if d == nil {
		return nil
	}
	record := l.log.Info().Uint64("seq", ev.Seq).Str("event", ev.Kind.String()).
		Uint32("pidns", d.NS.ID.Inum).Int("pidns_level", d.NS.Level)
	switch ev.Kind {
	case events.PidnsCreate:
		logRef(record, "init", ev.Process.Ref())
		logRef(record, "creator", d.Creator)
		record.Uint32("parent_pidns", d.NS.Parent.Inum).Str("via", d.Via).Msg("pid namespace created")
	case events.PidnsReap:
		logRef(record, "victim", ev.Process.Ref())
		logRef(record, "init", d.Init)
		record.Msg("process killed by the kernel: its pid namespace is being reaped")
	case events.PidnsDestroy:
		logRef(record, "init", d.Init)
		if d.Exit != nil && d.Exit.Signal != 0 {
			record.Int32("exit_signal", d.Exit.Signal)
		} else if d.Exit != nil {
			record.Int("exit_code", d.Exit.Code)
		}
		if d.ReapNS != 0 {
			record.Uint64("reap_ns", d.ReapNS)
		}
		if d.LifetimeNS != 0 {
			record.Uint64("lifetime_ns", d.LifetimeNS)
		}
		record.Uint32("reaped", d.Reaped).Msg("no process lives in the pid namespace any more")
	case events.PidnsWait:
		logRef(record, "init", d.Init)
		if len(d.Awaited) > 0 { // a record has each name once
			logRef(record, "awaited", d.Awaited[0].Process)
			logRef(record, "awaited_parent", d.Awaited[0].Parent)
		}
		record.Str("init_state", d.InitState.String()).Int("awaited", len(d.Awaited)).Msg("PID 1 of the pid namespace looked at after its end")
	default:
		record.Discard().Send()
	}
	return nil
}

func (nsLog) Flush() error { return nil }

func logRef(record *zerolog.Event, name string, r events.Ref) {
	if !r.IsZero() {
		record.Int32(name+"_pid", r.Key.PID).Str(name+"_comm", safe.String(r.Comm))
	}
}
