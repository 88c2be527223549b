package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// Apart is a thread that is not its process's leader and whose children are born into
// another PID namespace than the process's own: unshare and setns are for the thread that
// calls them alone (kernel/nsproxy.c: switch_task_namespaces).
type Apart struct {
	TID   int32
	Pidns uint32 // which children are born into
	Call  string // that led there: unshare or setns; empty is not known
	At    Sight  // the birth that shows it first
}

// Apart returns the threads that were seen to have children elsewhere, oldest first; one
// that went on from there is in it again. Of many the first are kept.
func (p *Process) Apart() []Apart {
	if d := p.few().deeds; d != nil {
		return d.apart
	}
	return nil
}

// keptApart bounds how many threads with children elsewhere are kept.
const keptApart = 16

// shownByThread notes that a thread's child was born into another PID namespace than the
// creator's own though its clone asked for none.
func (m *Model) shownByThread(creator, child *Process, d *events.ForkDetail) {
	own, born := creator.own().NS, child.own().NS
	if d.Flags&cloneNewPID != 0 || own.Inum == 0 || born.Inum == 0 || sameNS(own, born) {
		return
	}
	all := creator.Apart()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].TID != d.CreatorTID {
			continue
		}
		if all[i].Pidns == born.Inum {
			return
		}
		break
	}
	if len(all) < keptApart {
		m.past(creator).apart = append(all, Apart{
			TID: d.CreatorTID, Pidns: born.Inum, Call: m.callFor(&nsKinds[0], child, creator),
			At: Sight{AtNS: m.current.BootNS, Kind: events.Fork, Child: child.Ref()},
		})
	}
}
