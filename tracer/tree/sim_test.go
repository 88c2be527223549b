package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// kernel is a small machine that follows the real one's rules for parents,
// namespaces and their death (kernel/fork.c, exit.c, pid_namespace.c), knows the
// truth, and writes the records that a tracer would read.
type kernel struct {
	log     []*events.Event
	tasks   []*task // everybody who ever lived, by birth
	root    *simns
	init    *task
	now     uint64
	lastPID int32
	maxPID  int32    // 0 none: PIDs are never used again
	inums   []uint32 // free ones: the lowest is handed out next
	shuffle func([]*task)
	written func(events.Kind, *task) // called before each record
	withID  bool                     // namespaces have identities of their own
	lastID  uint64
}

type task struct {
	key       events.ProcKey
	comm      string
	parent    *task
	ns        *simns
	children  *simns // pid_for_children
	chain     events.PIDChain
	subreaper bool
	hasSub    bool
	dead      bool
	container *events.Container
}

type simns struct {
	id      events.NSID
	level   int
	parent  *simns
	reaper  *task
	lastNr  int32
	dying   bool
	members int
}

const cloneParent = 0x8000

func newKernel(withID bool) *kernel {
	k := &kernel{now: 1000, withID: withID}
	for i := uint32(4000); i > 100; i-- {
		k.inums = append(k.inums, i)
	}
	k.root = k.newNS(nil)
	k.init = k.task(nil, k.root, "systemd")
	k.emit(events.Snapshot, k.init).Process.Full = true
	k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
	return k
}

func (k *kernel) newNS(parent *simns) *simns {
	ns := &simns{parent: parent}
	ns.id.Inum, k.inums = k.inums[len(k.inums)-1], k.inums[:len(k.inums)-1]
	if k.withID {
		k.lastID += 7
		ns.id.ID = k.lastID
	}
	if parent != nil {
		ns.level = parent.level + 1
	}
	return ns
}

func (k *kernel) task(parent *task, ns *simns, comm string) *task {
	k.nextPID()
	k.now += 10
	t := &task{
		key:  events.ProcKey{PID: k.lastPID, Start: k.now},
		comm: comm, parent: parent, ns: ns, children: ns,
	}
	for n := ns; n != nil; n = n.parent {
		n.lastNr++
		n.members++
		t.chain = append(t.chain, events.PIDEntry{NS: n.id, PID: n.lastNr})
	}
	slices.Reverse(t.chain)
	t.chain[0].PID = t.key.PID // which is used again where the machine has few
	if ns.reaper == nil {
		ns.reaper = t
	}
	k.tasks = append(k.tasks, t)
	return t
}

// nextPID takes the next free PID, around and around.
func (k *kernel) nextPID() {
	taken := func(t *task) bool { return !t.dead && t.key.PID == k.lastPID }
	for ok := false; !ok; ok = !slices.ContainsFunc(k.tasks, taken) {
		if k.lastPID++; k.maxPID != 0 && k.lastPID > k.maxPID {
			k.lastPID = 2
		}
	}
}

func (t *task) ref() events.Ref { return events.Ref{Key: t.key, Comm: t.comm} }

// emit writes a record about t.
func (k *kernel) emit(kind events.Kind, t *task) *events.Event {
	if k.written != nil {
		k.written(kind, t)
	}
	k.now += 10
	e := &events.Event{Kind: kind, BootNS: k.now}
	e.Process = events.Process{
		Key: t.key, TID: t.key.PID, Chain: slices.Clone(t.chain), Comm: t.comm,
		NSInit: t.ns.reaper == t,
	}
	if t.parent != nil {
		e.Process.Parent = t.parent.ref()
	}
	if kind == events.Snapshot || kind == events.Fork || kind == events.Exec {
		e.Process.Full, e.Process.Container = true, t.container
		e.Process.Subreaper = t.subreaper
		e.Process.NS.PID, e.Process.NS.PIDForChildren = t.ns.id.Inum, t.children.id.Inum
	}
	k.log = append(k.log, e)
	return e
}

// fork makes a child as creator would by clone with these flags; nil when the
// kernel refuses.
func (k *kernel) fork(creator *task, flags uint64) *task {
	ns, parent := creator.children, creator
	unkillable := creator.ns.reaper == creator
	if ns.dying || flags&cloneNewPID != 0 && ns != creator.ns || flags&cloneParent != 0 && unkillable {
		return nil
	}
	if flags&cloneNewPID != 0 {
		ns = k.newNS(creator.ns)
	}
	if flags&cloneParent != 0 {
		parent = creator.parent
	}
	t := k.task(parent, ns, creator.comm)
	t.hasSub = parent.hasSub || parent.subreaper
	t.container = creator.container
	e := k.emit(events.Fork, t)
	e.Fork = &events.ForkDetail{
		Creator: creator.ref(), CreatorNS: creator.ns.id, CreatorLevel: creator.ns.level, Flags: flags,
	}
	return t
}

// unshare makes a namespace for the children of t, as unshare(CLONE_NEWPID).
func (k *kernel) unshare(t *task) {
	if t.children == t.ns {
		t.children = k.newNS(t.ns)
	}
}

// setns lets the children of t be born in the namespace of another.
func (k *kernel) setns(t, other *task) {
	if other.within(t.ns) {
		t.children = other.ns
	}
}

// becomeSubreaper is prctl(PR_SET_CHILD_SUBREAPER), for those born already too.
func (k *kernel) becomeSubreaper(t *task) {
	t.subreaper = true
	for _, c := range k.tasks { // parents come before their children
		if p := c.parent; p != nil && (p == t || p.hasSub) && c.ns.reaper != c {
			c.hasSub = true
		}
	}
}

func (k *kernel) exec(t *task, exe string, args ...string) *events.Event {
	r := k.emit(events.Rename, t)
	r.Rename = &events.RenameDetail{OldComm: t.comm, InExec: true}
	t.comm = exe[max(0, len(exe)-15):]
	r.Process.Comm = t.comm
	e := k.emit(events.Exec, t)
	e.Process.Exe, e.Process.Args = exe, events.ArgsOf(args...)
	e.Exec = &events.ExecDetail{Filename: exe}
	return e
}

// kill sends a signal; the target does not die of it here.
func (k *kernel) kill(sender, target *task, signal int32) *events.Event {
	e := k.emit(events.Signal, target)
	e.Signal = &events.SignalDetail{Signal: signal, Sender: sender.ref(), Origin: events.OriginUser}
	return e
}

// reaper is find_new_reaper.
func (k *kernel) reaper(father *task) (*task, events.ReparentReason) {
	ns := father.ns
	if ns.reaper == father {
		return father, events.ReparentUnknown
	}
	if father.hasSub {
		for t := father.parent; t != nil && t.ns.level == ns.level; t = t.parent {
			if t.subreaper && !t.dead {
				return t, events.ReparentSubreaper
			}
		}
	}
	if ns.level == 0 {
		return ns.reaper, events.ReparentInit
	}
	return ns.reaper, events.ReparentPidnsInit
}

// exit ends t and, when it is an init, everybody in its namespace.
func (k *kernel) exit(t *task, status events.ExitStatus) {
	k.die(t, status)
	if t.ns.reaper != t || t.ns.dying {
		return
	}
	victims := k.zap(t)
	if k.shuffle != nil {
		k.shuffle(victims)
	}
	for _, v := range victims {
		if v.ns.reaper == v {
			v.ns.dying = true // its own zap finds everybody killed already
		}
		k.die(v, events.ExitStatus{Signal: sigKill})
	}
}

func (k *kernel) zap(init *task) []*task {
	init.ns.dying = true
	var victims []*task
	for _, v := range k.tasks {
		if v.dead || !v.within(init.ns) {
			continue
		}
		e := k.emit(events.Signal, v)
		e.Signal = &events.SignalDetail{
			Signal: sigKill, Sender: init.ref(), Origin: events.OriginPidnsReap,
			Code: 0x80, Group: true, NSID: init.ns.id,
		}
		victims = append(victims, v)
	}
	return victims
}

func (t *task) within(ns *simns) bool {
	for n := t.ns; n != nil; n = n.parent {
		if n == ns {
			return true
		}
	}
	return false
}

func (k *kernel) die(t *task, status events.ExitStatus) {
	e := k.emit(events.Exit, t)
	to, reason := k.reaper(t)
	e.Exit = &events.ExitDetail{Status: status, Threads: 1, Reaper: to.ref(), ReaperReason: reason}
	t.dead = true
	if to != t {
		for _, c := range k.tasks {
			if c.parent == t && !c.dead {
				c.parent = to
			}
		}
	}
	for n := t.ns; n != nil; n = n.parent {
		if n.members--; n.members == 0 {
			k.inums = append(k.inums, n.id.Inum) // free for the next at once
		}
	}
}

// snapshot writes a pass over all that live, youngest first: any order must do.
func (k *kernel) snapshot() {
	for _, t := range slices.Backward(k.tasks) {
		if !t.dead {
			k.emit(events.Snapshot, t)
		}
	}
	k.now += 10
	k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
}
