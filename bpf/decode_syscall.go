//go:build linux

package bpf

import (
	"fmt"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// calls gives each system call its name and the event that it makes.
var calls = map[probesCall]struct {
	name string
	kind events.Kind
}{
	probesCallCALL_CLONE:      {"clone", events.CloneFailed},
	probesCallCALL_CLONE3:     {"clone3", events.CloneFailed},
	probesCallCALL_FORK:       {"fork", events.CloneFailed},
	probesCallCALL_VFORK:      {"vfork", events.CloneFailed},
	probesCallCALL_UNSHARE:    {"unshare", events.Unshare},
	probesCallCALL_SETNS:      {"setns", events.Setns},
	probesCallCALL_PRCTL:      {"prctl", events.Subreaper},
	probesCallCALL_PIVOT_ROOT: {"pivot_root", events.PivotRoot},
}

func (d *Decoder) decodeSyscall(raw []byte) error {
	r, err := viewWithChain[probesSyscallRec](d, raw)
	if err != nil {
		return err
	}
	call, ok := calls[probesCall(r.Call)]
	if !ok {
		return fmt.Errorf("%w: call %d is unknown", ErrRecord, r.Call)
	}
	d.setCore(&r.Task)
	d.syscall = events.SyscallDetail{
		Name: call.name, Flags: r.Flags, FD: r.Fd, Arg: r.Arg, Ret: r.Ret, DurationNS: r.Duration,
		NewRoot: d.names.get(untilNUL(r.NewRoot[:])), PutOld: d.names.get(untilNUL(r.PutOld[:])),
	}
	d.ev.Kind, d.ev.Syscall = call.kind, &d.syscall
	return nil
}
