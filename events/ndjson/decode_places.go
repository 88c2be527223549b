package ndjson

import (
	"bytes"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// namespaces reads the object of a process's namespaces. Most lines repeat one of the
// latest to the byte: what that said is known.
func (d *Decoder) namespaces(p *events.Process) {
	start := d.i
	known := &d.said[0]
	if !bytes.HasPrefix(d.b[start:], known.text) {
		known = &d.said[1]
	}
	fresh := p.NS == events.Namespaces{} && p.PidnsOwner == 0
	if fresh && len(known.text) > 0 && bytes.HasPrefix(d.b[start:], known.text) {
		d.i += len(known.text)
		p.NS, p.PidnsOwner = known.ns, known.owner
		return
	}
	if d.readNamespaces(p); fresh && d.err == nil && d.allKnown {
		d.said[0], d.said[1] = d.said[1], d.said[0]
		d.said[0].text = append(d.said[0].text[:0], d.b[start:d.i]...)
		d.said[0].ns, d.said[0].owner = p.NS, p.PidnsOwner
	}
}

// saidNamespaces is an object of namespaces as text, and what it says.
type saidNamespaces struct {
	text  []byte
	ns    events.Namespaces
	owner uint32
}

func (d *Decoder) readNamespaces(p *events.Process) {
	d.allKnown = true
	for key := d.open(); key != nil; key = d.next() {
		inum := namespacePlace(p, key)
		if inum == nil {
			d.allKnown = false // it is to be told each time
			d.pass("ns", key)
			continue
		}
		*inum = d.uint32()
	}
}

func namespacePlace(p *events.Process, key []byte) *uint32 {
	switch string(key) {
	case "pid":
		return &p.NS.PID
	case "pid_for_children":
		return &p.NS.PIDForChildren
	case "pid_owner":
		return &p.PidnsOwner
	case "mnt":
		return &p.NS.Mnt
	case "net":
		return &p.NS.Net
	case "uts":
		return &p.NS.UTS
	case "ipc":
		return &p.NS.IPC
	case "user":
		return &p.NS.User
	case "cgroup":
		return &p.NS.Cgroup
	case "time":
		return &p.NS.Time
	}
	return nil
}

// readChain reads a process's numbers, as many as the kernel has levels.
func (d *Decoder) readChain() events.PIDChain {
	n := 0
	for ok := d.list(); ok; ok = d.more() {
		if n == len(d.chain) {
			d.fail("more PID levels than there can be")
			return nil
		}
		entry := &d.chain[n]
		*entry = events.PIDEntry{}
		for key := d.open(); key != nil; key = d.next() {
			switch string(key) {
			case "ns":
				entry.NS.Inum = d.uint32()
			case "id":
				entry.NS.ID = d.uint64()
			case "pid":
				entry.PID = d.int32()
			default:
				d.pass("pids", key)
			}
		}
		n++
	}
	return d.chain[:n]
}

func (d *Decoder) readCgroup(c *events.Cgroup) {
	text := func(key []byte) *string {
		if string(key) == "path" {
			return &c.Path
		}
		return nil
	}
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "id":
			c.ID = d.uint64()
		case "path":
			c.Path = d.string()
		case "hierarchy":
			c.Hierarchy = d.uint32()
		case "lossy":
			d.bool()
		case "raw":
			d.rawTexts("cgroup", text)
		default:
			d.pass("cgroup", key)
		}
	}
}
