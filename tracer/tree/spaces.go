package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// The flags of clone that make a namespace (include/uapi/linux/sched.h).
const (
	cloneNewNS     = 0x00020000
	cloneNewCgroup = 0x02000000
	cloneNewUTS    = 0x04000000
	cloneNewIPC    = 0x08000000
	cloneNewUser   = 0x10000000
	cloneNewNet    = 0x40000000
)

// learnNamespaces takes over the creator's namespaces from its newborn, for nothing
// else may have told that unshare or setns changed them: what the flags do not ask to be
// made is the caller's own (copy_namespaces, kernel/nsproxy.c; copy_creds,
// kernel/cred.c). Threads may differ in their namespaces, so only a leader's are learnt;
// a time namespace is its children's before it is its own.
func (m *Model) learnNamespaces(born *events.Process, d *events.ForkDetail) {
	key := d.Creator.Key
	if d.Creator.IsZero() {
		key = born.Parent.Key
	}
	creator := m.procs[key]
	if creator == nil || creator.State != Live || !born.Full || d.CreatorTID != 0 && d.CreatorTID != key.PID {
		return
	}
	had, has := &creator.NS, &born.NS
	for _, one := range []struct {
		flag uint64
		had  *uint32
		has  uint32
	}{
		{cloneNewNS, &had.Mnt, has.Mnt}, {cloneNewCgroup, &had.Cgroup, has.Cgroup}, {cloneNewUTS, &had.UTS, has.UTS},
		{cloneNewIPC, &had.IPC, has.IPC}, {cloneNewUser, &had.User, has.User}, {cloneNewNet, &had.Net, has.Net},
	} {
		if d.Flags&one.flag == 0 && one.has != 0 {
			*one.had = one.has
		}
	}
}
