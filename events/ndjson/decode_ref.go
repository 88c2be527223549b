package ndjson

import (
	"math"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// readID reads a process's id.
func (d *Decoder) readID() events.ProcKey {
	id := d.bytes()
	pid, n, _ := leadingDigits(id)
	if n > 0 && n < len(id) && id[n] == '-' && pid <= math.MaxInt32 {
		start, m, ok := leadingDigits(id[n+1:])
		if ok && m > 0 && n+1+m == len(id) {
			return events.ProcKey{PID: int32(pid), Start: start}
		}
	}
	d.fail("no process id")
	return events.ProcKey{}
}

// ref reads a reference to another process.
func (d *Decoder) ref(object string) (r events.Ref) {
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "id":
			r.Key = d.readID()
		case "pid":
			d.int32() // it is in the id
		case "comm":
			r.Comm = d.string()
		case "lossy":
			d.bool()
		case "raw":
			r.Comm = d.rawComm(object, r.Comm)
		default:
			d.pass(object, key)
		}
	}
	return r
}

// rawComm is rawTexts of an object that has no string but its name.
func (d *Decoder) rawComm(object, comm string) string {
	for key := d.open(); key != nil; key = d.next() {
		if string(key) == "comm" {
			comm = d.names.get(d.base64())
		} else {
			d.pass(object+".raw", key)
		}
	}
	return comm
}

// refList reads references. All lists of a line share one room: each is a part
// that does not grow.
func (d *Decoder) refList(object string) []events.Ref {
	start := len(d.refs)
	for ok := d.list(); ok; ok = d.more() {
		r := d.ref(object)
		d.refs = append(d.refs, r)
	}
	return d.refs[start:len(d.refs):len(d.refs)]
}
