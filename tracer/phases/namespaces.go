package phases

import (
	"cmp"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// nsKinds are the kinds of namespaces but for that of PIDs, in the words of
// /proc/PID/ns, with the flag that makes one (include/uapi/linux/sched.h).
var nsKinds = [...]struct {
	name string
	flag uint64
	of   func(*events.Namespaces) uint32
}{
	{"mnt", 1 << 17, func(n *events.Namespaces) uint32 { return n.Mnt }},
	{"net", 1 << 30, func(n *events.Namespaces) uint32 { return n.Net }},
	{"uts", 1 << 26, func(n *events.Namespaces) uint32 { return n.UTS }},
	{"ipc", 1 << 27, func(n *events.Namespaces) uint32 { return n.IPC }},
	{"user", 1 << 28, func(n *events.Namespaces) uint32 { return n.User }},
	{"cgroup", 1 << 25, func(n *events.Namespaces) uint32 { return n.Cgroup }},
	{"time", 1 << 7, func(n *events.Namespaces) uint32 { return n.Time }},
}

// owners are, by nsKinds, the first of the live processes that was seen in each of a
// set of namespaces.
type owners [len(nsKinds)]events.ProcKey

// holders knows which namespaces live processes are in. Most share one set with many
// others, so that it is counted by sets. A number is free again when nobody is left.
type holders map[events.Namespaces]*held

type held struct {
	count  int
	owners owners
}

// take notes the namespaces that the process is in now, in place of those before.
func (h holders) take(l *life, ns events.Namespaces) {
	ns.PID, ns.PIDForChildren = 0, 0
	if ns == l.holds {
		return
	}
	h.drop(l)
	if ns == (events.Namespaces{}) {
		return
	}
	set := h[ns]
	if set == nil {
		set = &held{}
		for i := range nsKinds {
			set.owners[i] = h.owner(i, nsKinds[i].of(&ns), l.key)
		}
		h[ns] = set
	}
	set.count++
	l.holds = ns
}

func (h holders) drop(l *life) {
	if set := h[l.holds]; set != nil {
		if set.count--; set.count == 0 {
			delete(h, l.holds)
		}
	}
	l.holds = events.Namespaces{}
}

// owner is who had that namespace first, else the process itself.
func (h holders) owner(kind int, inum uint32, self events.ProcKey) events.ProcKey {
	for ns, set := range h {
		if nsKinds[kind].of(&ns) == inum {
			return set.owners[kind]
		}
	}
	return self
}

// namespaces names the namespaces that the init has at its entrypoint and its maker had
// not: those that were made for it, and those that somebody had before. Both are empty
// where either process is not known.
func (p *play) namespaces(init *events.Process) (made, joined []string) {
	maker := p.one(runtime)
	if maker == nil {
		return nil, nil
	}
	was := maker.image(roleOf(maker, runtime))
	add := func(name string, fresh bool) {
		if fresh {
			made = append(made, name)
		} else {
			joined = append(joined, name)
		}
	}
	own := func(n *events.Process) uint32 { return cmp.Or(n.NS.PID, n.Chain.Own().NS.Inum) }
	if a, b := own(was), own(init); a != 0 && b != 0 && a != b {
		add("pid", !p.shared)
	}
	for i, kind := range nsKinds {
		if a, b := kind.of(&was.NS), kind.of(&init.NS); a != 0 && b != 0 && a != b {
			add(kind.name, p.fresh(i))
		}
	}
	return made, joined
}

// unsharedLate names what the init has unshared itself after its birth, beside those: of
// one that never ran no event shows the namespaces that it had then.
func (p *play) unsharedLate(beside []string) (late []string) {
	for _, ev := range p.init.facts {
		if ev.Kind != events.Unshare || ev.Syscall.Ret < 0 {
			continue
		}
		for _, kind := range nsKinds {
			if ev.Syscall.Flags&kind.flag != 0 && !slices.Contains(beside, kind.name) && !slices.Contains(late, kind.name) {
				late = append(late, kind.name)
			}
		}
	}
	return late
}

// fresh reports whether the namespace of that kind was made in this start: nobody else
// had it before, and somebody asked for one. One that is only held open, by a file, has
// been in nobody's sight and is joined by setns.
func (p *play) fresh(kind int) bool {
	owner := p.owners[kind]
	for _, who := range []part{initial, stage1, stage0, runtime, helper} {
		for _, l := range p.who[who] {
			if l.key == owner {
				return !p.is(syscalls) || p.recorded(events.Lost) || p.asked()&nsKinds[kind].flag != 0
			}
		}
	}
	return false
}

// asked are the flags of all namespaces that were made in this start, by clone or by
// unshare.
func (p *play) asked() (flags uint64) {
	for _, who := range []part{initial, stage1, stage0, runtime} {
		for _, l := range p.who[who] {
			if l.seenBorn() && who != runtime {
				flags |= l.birth.Fork.Flags
			}
			for _, ev := range l.facts {
				if ev.Kind == events.Unshare && ev.Syscall.Ret >= 0 && !p.byEntrypoint(l, ev) {
					flags |= ev.Syscall.Flags
				}
			}
		}
	}
	return flags & cloneNew
}
