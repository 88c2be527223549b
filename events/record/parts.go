package record

import (
	"errors"
	"fmt"
	"maps"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

var (
	errBehind  = errors.New("something comes behind the trailer that is no next part of this recording: read it by itself")
	errAnother = errors.New("another stream begins there: read each by itself")
	errTwice   = errors.New("the same recording comes behind the trailer once more: read it once")
	errUnended = errors.New("the next part begins there, and this one has no trailer")
)

// parts is the place in a recording of several files that cat has joined.
type parts struct {
	now    uint64 // which of them is read
	claim  uint64 // with how many snapshots it begins, as its header says
	unread uint64 // of these, how many were not passed over yet
	again  uint64 // how many were passed over without a header
	before *Trailer
	// torn says that one of those before has no trailer: how many events there were is
	// not known.
	torn bool
}

// nextPart takes the line behind a trailer, which begins the file that goes on with the
// recording. What that file tells again is passed over.
func (r *Reader) nextPart() error {
	var h events.Header
	if r.decode.Header(r.line, &h) == nil {
		if err := r.follows(&h); err != nil {
			return r.notBehind(err)
		}
		r.turn(&h)
		return nil
	}
	// Whoever took out the first header took out all of them.
	var unknown *ndjson.UnknownError
	err := ndjson.DecodeEvent(r.line, new(events.Event))
	if r.thinned.Header && (err == nil || errors.As(err, &unknown) && unknown.Kind != headerEvent) {
		r.turn(&events.Header{})
		r.first = true
		return nil
	}
	return r.notBehind(errBehind)
}

// unended takes a header where a trailer should be: the file before was cut, or somebody
// took its trailer out.
func (r *Reader) unended() error {
	var h events.Header
	if err := r.decode.Header(r.line, &h); err != nil || r.follows(&h) != nil {
		return r.damaged(errAnother)
	}
	cut := &DamagedError{Offset: r.at, LastSeq: r.lastSeq, CutOff: true, Resumable: true, Err: errUnended}
	r.turn(&h)
	r.parts.torn = true
	return cut
}

// follows reports by an error that a header is not the next part's.
func (r *Reader) follows(h *events.Header) error {
	p, was := &r.parts, &r.header
	if p.now == 0 {
		p.now = max(1, option(was, OptionPart))
	}
	part := max(1, option(h, OptionPart))
	switch {
	case h.BootID != was.BootID || h.StartNS != was.StartNS || h.TracerPID != was.TracerPID:
		return errBehind
	case part == 1 && p.now == 1:
		return errTwice
	case part == p.now:
		return fmt.Errorf("part %d of the recording comes twice", part)
	case part != p.now+1:
		return fmt.Errorf("part %d of the recording comes behind part %d", part, p.now)
	}
	return nil
}

// turn goes on with the next part.
func (r *Reader) turn(h *events.Header) {
	before, _ := r.Trailer()
	claim := option(h, OptionSnapshot)
	r.parts = parts{now: r.parts.now, claim: claim, unread: claim, before: &before, torn: r.parts.torn}
	if part := option(h, OptionPart); part > 0 {
		r.parts.now = part
	}
	r.trailer, r.lines = nil, 0
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

// repeats reports whether the files before have told what this event says. Where a header
// is not there, those snapshots are told again whose numbers were there already.
func (r *Reader) repeats(ev *events.Event) bool {
	p := &r.parts
	switch {
	case ev.Kind != events.Snapshot:
		p.unread = 0 // whatever the header claims
		return false
	case p.unread > 0:
		p.unread--
		return true
	case (r.thinned.Header || r.partial) && ev.Seq != 0 && ev.Seq <= r.lastSeq:
		p.again++
		p.torn = p.torn || !r.thinned.Header
		return true
	}
	return false
}

// passed notes events of a frame that was passed over.
func (p *parts) passed(n uint32) { p.unread -= min(p.unread, uint64(n)) }

// sum returns a file's trailer as that of all up to it. What the kernel counted it tells
// of all already. The header may claim more snapshots than somebody who chose among the
// events left.
func (p *parts) sum(t Trailer) Trailer {
	if p.before == nil {
		return t
	}
	t.ByKind = maps.Clone(t.ByKind)
	again := min(max(p.claim, p.again), t.ByKind[events.Snapshot], t.Events)
	t.Events -= again
	t.ByKind[events.Snapshot] -= again
	t.Events += p.before.Events
	for kind, n := range p.before.ByKind {
		t.ByKind[kind] += n
	}
	return t
}
