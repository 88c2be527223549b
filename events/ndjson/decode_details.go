package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
)

// namespaceMember reads what is about one PID namespace.
func (d *Decoder) namespaceMember(key []byte) bool {
	switch string(key) {
	case "pidns":
		d.nsInfo(&d.pidns.NS)
	case "init":
		d.pidns.Init = d.ref("init")
	case "reaped":
		d.pidns.Reaped = d.uint32()
	case "survivors_killed":
		d.pidns.SurvivorsKilled = d.refList("survivors_killed")
	case "reap_ns":
		d.pidns.ReapNS = d.uint64()
	case "init_state":
		d.pidns.InitState = lookup(d, "init_state", initStateOf)
	case "waiting_for":
		d.waitingFor()
	default:
		return false
	}
	return true
}

// waitingFor reads the dead members that a PID 1 waits for.
func (d *Decoder) waitingFor() {
	for ok := d.list(); ok; ok = d.more() {
		var a events.Awaited
		for key := d.open(); key != nil; key = d.next() {
			switch string(key) {
			case "process":
				a.Process = d.ref("waiting_for.process")
			case "parent":
				a.Parent = d.ref("waiting_for.parent")
			case "zombie": // in an event they all are
				d.bool()
			default:
				d.pass("waiting_for", key)
			}
		}
		d.pidns.Awaited = append(d.pidns.Awaited, a)
	}
}

// moveMember reads what says where a process was and is now, and what was lost.
func (d *Decoder) moveMember(key []byte) bool {
	switch string(key) {
	case "from":
		d.side(&d.reparent.From, &d.cgroup.From.Path)
	case "to":
		d.side(&d.reparent.To, &d.cgroup.To.Path)
	case "cgroup":
		d.readCgroup(&d.cgroup.To)
	case "in_exec":
		d.rename.InExec = d.bool()
	case "reason":
		d.reparent.Reason = lookup(d, "reason", reasonOf)
	case "from_exit":
		status := d.status()
		d.reparent.FromExit = &status
	case "confirmed":
		d.reparent.Confirmed = d.bool()
	case "foretold":
		d.reparent.Foretold = d.ref("foretold")
	case "count":
		d.lost.Count = d.uint64()
	case "by_event":
		d.lost.ByKind = d.byEvent()
	case "since_ns":
		d.lost.SinceNS = d.uint64()
	case "until_ns":
		d.lost.UntilNS = d.uint64()
	default:
		return false
	}
	return true
}

// side reads one end of a move: a process or a cgroup's path.
func (d *Decoder) side(r *events.Ref, path *string) {
	if d.peek() == '{' {
		*r = d.ref("parent")
		return
	}
	*path = d.string()
}

// byEvent reads counts by kind.
func (d *Decoder) byEvent() map[events.Kind]uint64 {
	counts := map[events.Kind]uint64{}
	for key := d.open(); key != nil; key = d.next() {
		kind, ok := kindOf[string(key)]
		if !ok && string(key) != events.KindUnknown.String() {
			d.pass("by_event", key)
			continue
		}
		counts[kind] = d.uint64()
	}
	return counts
}

// nsInfo reads a PID namespace.
func (d *Decoder) nsInfo(n *events.NSInfo) {
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "inum":
			n.ID.Inum = d.uint32()
		case "id":
			n.ID.ID = d.uint64()
		case "level":
			n.Level = d.int()
		case "parent":
			n.Parent.Inum = d.uint32()
		case "parent_id":
			n.Parent.ID = d.uint64()
		case "user_ns":
			n.UserNS = d.uint32()
		default:
			d.pass("pidns", key)
		}
	}
}

// status reads an exit code or a signal.
func (d *Decoder) status() (s events.ExitStatus) {
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "code":
			s.Code = d.int()
		case "signal":
			s.Signal = d.signal()
		case "core":
			s.Core = d.bool()
		default:
			d.pass("exit", key)
		}
	}
	return s
}

// readKiller reads who ended a process.
func (d *Decoder) readKiller() {
	d.killer = events.Killer{}
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "origin":
			d.killer.Origin = lookup(d, "killer.origin", originOf)
		case "signal":
			d.killer.Signal = d.signal()
		case "sender":
			d.killer.Sender = d.ref("killer.sender")
		case "parent_death":
			d.killer.ParentDeath = d.bool()
		case "sender_tid":
			d.killer.SenderTID = d.int32()
		case "sender_lives":
			d.killer.SenderLives = d.bool()
		case "code":
			d.killer.Code = d.int32()
		case "why":
			d.killer.Why = events.Why(d.string())
		case "sender_chain":
			d.killer.SenderChain = d.refList("killer.sender_chain")
		case "sender_chain_cut":
			d.killer.SenderChainCut = d.bool()
		case "one_of":
			d.killer.OneOf = d.refList("killer.one_of")
		case "preceded_by":
			d.preceded()
		case "preceded_more":
			d.killer.MorePreceded = d.uint32()
		default:
			d.pass("killer", key)
		}
	}
	d.exit.Killer = &d.killer
}

func (d *Decoder) preceded() {
	for ok := d.list(); ok; ok = d.more() {
		var s events.PriorSignal
		for key := d.open(); key != nil; key = d.next() {
			switch string(key) {
			case "signal":
				s.Signal = d.signal()
			case "result":
				s.Result = lookup(d, "preceded_by.result", resultOf)
			case "sender":
				s.Sender = d.ref("preceded_by.sender")
			case "boot_ns":
				s.BootNS = d.uint64()
			case "count":
				s.Count = d.uint32()
			default:
				d.pass("preceded_by", key)
			}
		}
		d.prior = append(d.prior, s)
	}
	d.killer.Preceded = d.prior
}
