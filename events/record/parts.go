package record

import (
	"errors"
	"fmt"
	"maps"

	"github.com/ptrace-ns/ptrace-ns/events"
)

var (
	errBehind  = errors.New("something comes behind the trailer")
	errAnother = errors.New("another stream begins there: read each by itself")
)

// parts is the place in a recording of several files that cat has joined.
type parts struct {
	now    uint64 // which of them is read
	again  uint64 // how many snapshots it begins with
	unread uint64 // of these, how many were not passed over yet
	before *Trailer
}

// nextPart takes the line behind a trailer, which begins the file that goes on with the
// recording. What that file tells again is passed over.
func (r *Reader) nextPart() error {
	var h events.Header
	if r.decode.Header(r.line, &h) != nil {
		return r.notBehind(errBehind)
	}
	p, was := &r.parts, &r.header
	if p.now == 0 {
		p.now = max(1, option(was, OptionPart))
	}
	part := option(&h, OptionPart)
	switch {
	case part < 2 || h.BootID != was.BootID || h.StartNS != was.StartNS || h.TracerPID != was.TracerPID:
		return r.notBehind(errBehind)
	case part != p.now+1:
		return r.notBehind(fmt.Errorf("part %d of the recording comes behind part %d", part, p.now))
	}
	before, _ := r.Trailer()
	again := option(&h, OptionSnapshot)
	r.parts = parts{now: part, again: again, unread: again, before: &before}
	r.trailer, r.lines = nil, 0
	return nil
}

// notBehind says that what comes behind the trailer does not belong there.
func (r *Reader) notBehind(err error) error {
	r.at = r.ended
	return r.damaged(err)
}

// option returns a number of a header's options, 0 for none.
func option(h *events.Header, name string) uint64 {
	n, _ := h.Options[name].(int64)
	return uint64(max(0, n))
}

// told reports whether the files before have told what this event says.
func (p *parts) told(ev *events.Event) bool {
	if p.unread == 0 || ev.Kind != events.Snapshot {
		p.unread = 0 // whatever the header claims
		return false
	}
	p.unread--
	return true
}

// passed notes events of a frame that was passed over.
func (p *parts) passed(n uint32) { p.unread -= min(p.unread, uint64(n)) }

// sum returns a file's trailer as that of all up to it. What the kernel counted it tells
// of all already.
func (p *parts) sum(t Trailer) Trailer {
	if p.before == nil {
		return t
	}
	t.ByKind = maps.Clone(t.ByKind)
	t.Events -= min(t.Events, p.again)
	t.ByKind[events.Snapshot] -= min(t.ByKind[events.Snapshot], p.again)
	t.Events += p.before.Events
	for kind, n := range p.before.ByKind {
		t.ByKind[kind] += n
	}
	return t
}
