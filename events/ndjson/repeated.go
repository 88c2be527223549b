package ndjson

import (
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Encoder appends events as AppendEvent does, and faster when they come one after the
// other: what most lines repeat it writes once and copies then. The zero value is ready;
// one goroutine uses it.
type Encoder struct {
	e        encoder
	repeated repeated
}

// AppendEvent appends one line, newline included, the same bytes as the function of
// that name.
func (enc *Encoder) AppendEvent(b []byte, ev *events.Event, bootTimeNS int64) []byte {
	enc.e.b, enc.e.repeated = b, &enc.repeated
	b = enc.e.event(ev, bootTimeNS)
	enc.e.b = nil // it is the caller's
	return b
}

// repeated are texts that were written before.
type repeated struct {
	second     int64 // since 1970, that of toSecond when there is one
	toSecond   [len("2006-01-02T15:04:05.")]byte
	namespaces [8]namespacesText
}

// namespacesText is the member ns of a full process, with its comma.
type namespacesText struct {
	of   namespacesKey
	text []byte
}

type namespacesKey struct {
	ns         events.Namespaces
	pid, owner uint32
}

// at returns the place of a set of namespaces. Those of containers differ, and their
// numbers follow each other.
func (r *repeated) at(k *namespacesKey) *namespacesText {
	return &r.namespaces[(k.pid^k.ns.Mnt)%uint32(len(r.namespaces))]
}

const nsPerSecond = int64(time.Second)

// time writes RFC 3339 with nine digits of a second's fraction: RFC3339Nano drops
// trailing zeros, and a layout is read anew each time.
func (e *encoder) time(name string, unixNS int64) {
	e.name(name)
	second, ns := unixNS/nsPerSecond, unixNS%nsPerSecond
	if ns < 0 {
		second, ns = second-1, ns+nsPerSecond
	}
	b := append(e.b, '"')
	if r := e.repeated; r == nil {
		b = appendSecond(b, second)
	} else {
		if second != r.second || r.toSecond[0] == 0 {
			r.second = second
			appendSecond(r.toSecond[:0], second)
		}
		b = append(b, r.toSecond[:]...)
	}
	b = append(b, "000000000Z\""...)
	digits(b[len(b)-len("000000000Z\""):len(b)-len("Z\"")], uint64(ns))
	e.b = b
}

// appendSecond appends the date and the time of day up to the point before the
// fraction, 20 bytes of any year up to 9999.
func appendSecond(b []byte, second int64) []byte {
	t := time.Unix(second, 0).UTC()
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	b = append(b, "0000-00-00T00:00:00."...)
	at := b[len(b)-len("0000-00-00T00:00:00."):]
	digits(at[0:4], uint64(year))
	digits(at[5:7], uint64(month))
	digits(at[8:10], uint64(day))
	digits(at[11:13], uint64(hour))
	digits(at[14:16], uint64(minute))
	digits(at[17:19], uint64(sec))
	return b
}

// digits writes the last digits of n over all of b.
func digits(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
}
