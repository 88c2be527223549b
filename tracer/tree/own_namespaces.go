package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// The flags of clone that make a namespace (include/uapi/linux/sched.h).
const (
	cloneNewTime   = 0x00000080
	cloneNewNS     = 0x00020000
	cloneNewCgroup = 0x02000000
	cloneNewUTS    = 0x04000000
	cloneNewIPC    = 0x08000000
	cloneNewUser   = 0x10000000
	cloneNewNet    = 0x40000000

	newNamespaces = cloneNewTime | cloneNewNS | cloneNewCgroup | cloneNewUTS | cloneNewIPC | cloneNewUser | cloneNewPID | cloneNewNet
)

// nsKind is a kind of namespace that a process can change for itself.
type nsKind struct {
	name string // in /proc/PID/ns
	flag uint64
	of   func(*events.Namespaces) *uint32
}

var nsKinds = []nsKind{
	{"pid_for_children", cloneNewPID, func(n *events.Namespaces) *uint32 { return &n.PIDForChildren }},
	{"cgroup", cloneNewCgroup, func(n *events.Namespaces) *uint32 { return &n.Cgroup }},
	{"ipc", cloneNewIPC, func(n *events.Namespaces) *uint32 { return &n.IPC }},
	{"mnt", cloneNewNS, func(n *events.Namespaces) *uint32 { return &n.Mnt }},
	{"net", cloneNewNet, func(n *events.Namespaces) *uint32 { return &n.Net }},
	{"time", cloneNewTime, func(n *events.Namespaces) *uint32 { return &n.Time }},
	{"user", cloneNewUser, func(n *events.Namespaces) *uint32 { return &n.User }},
	{"uts", cloneNewUTS, func(n *events.Namespaces) *uint32 { return &n.UTS }},
}

// learnNamespaces takes over the creator's namespaces from its newborn, for nothing
// else may have told that unshare or setns changed them: what the flags do not ask to be
// made is the caller's own (copy_namespaces, kernel/nsproxy.c; copy_creds,
// kernel/cred.c). Threads may differ in their namespaces, so only a leader's are learnt;
// a time namespace is its children's before it is its own.
func (m *Model) learnNamespaces(child *Process, ev *events.Event, d *events.ForkDetail) {
	born, key := &ev.Process, d.Creator.Key
	if d.Creator.IsZero() {
		key = born.Parent.Key
	}
	creator := m.find(key)
	if creator == nil || creator.State != Live || !born.Full {
		return
	}
	if d.CreatorTID != 0 && d.CreatorTID != key.PID {
		m.shownByThread(creator, child, d)
		return
	}
	if ev.BootNS < creator.shownNS {
		return
	}
	at := Sight{AtNS: ev.BootNS, Kind: events.Fork, Child: child.Ref()}
	m.learnt = *creator.shown()
	for i := range nsKinds {
		k := &nsKinds[i]
		had, has := k.of(&m.learnt), *k.of(&born.NS)
		if d.Flags&k.flag != 0 || has == 0 || k.flag == cloneNewTime {
			continue
		}
		if *had != 0 && *had != has {
			m.moved(creator, k, *had, has, m.callFor(k, child, creator), at)
		}
		*had = has
	}
	creator.spaces = m.spaces.of(m.learnt, creator.spaces)
	if d.Flags&newNamespaces == 0 {
		creator.shownNS, creator.shownBy = at.AtNS, at.Kind
	}
}

// callFor says which call has the children of a process born elsewhere: a PID 1 that no
// clone asked for is the first in what unshare made, and where others live already setns
// led, unless that process had made it. Where records were lost it may have been both.
func (m *Model) callFor(k *nsKind, child, creator *Process) string {
	switch ns := child.ns; {
	case k.flag != cloneNewPID || ns == nil || m.lossGap != 0:
		return ""
	case child.isInit() || ns.Via == "unshare" && ns.Creator.Key == creator.Key:
		return "unshare"
	}
	return "setns"
}
