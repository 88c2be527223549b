package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

var (
	errNoEnd   = errors.New("there is no trailer: the recording was not ended, or its last lines were taken out")
	errOneLine = errors.New("its first line is no event: each must have a line of its own, as jq -c writes it")
)

// Thinned is what somebody took out of the lines of a recording, with grep or jq say. What
// is left is no damage: each line is whole.
type Thinned struct {
	Header bool   // there is none: what it says is taken from the first event
	Events uint64 // that the trailer counts and that are not there
}

// Thinned returns what is not there, once Next has come to the end.
func (r *Reader) Thinned() Thinned { return r.thinned }

// withoutHeader makes a header of the first line where that is an event. Only where the
// file has no marker: else a writer has written the header.
func (r *Reader) withoutHeader(failed error) error {
	var syntax *ndjson.SyntaxError
	if r.marked || !errors.As(failed, &syntax) {
		return failed
	}
	ev, err := r.decode.Event(r.line)
	for isTrailer(err) && r.passTrailer() {
		ev, err = r.decode.Event(r.line)
	}
	if err != nil {
		if r.zstd == nil {
			return fmt.Errorf("recording: %w", errOneLine)
		}
		return failed
	}
	var said struct {
		Time time.Time `json:"time"`
	}
	if err := json.Unmarshal(r.line, &said); err != nil || said.Time.Year() < 1970 || said.Time.Year() > 2261 {
		return failed
	}
	r.header = events.Header{
		BootTimeNS: said.Time.UnixNano() - int64(ev.BootNS), StartNS: ev.BootNS, Options: map[string]any{},
	}
	r.thinned.Header, r.first = true, true
	r.skipped = Skipped{}
	return nil
}

// isTrailer says that a line which is no event is a trailer.
func isTrailer(err error) bool {
	var unknown *ndjson.UnknownError
	return errors.As(err, &unknown) && unknown.Kind == ndjson.TrailerEvent
}

// passTrailer passes over the trailer of a part of which no event is there, and reports
// whether a line comes behind it.
func (r *Reader) passTrailer() bool {
	if r.takeTrailer() != nil || r.nextLine() != nil {
		return false
	}
	r.turn(&events.Header{})
	return true
}

// compare holds the trailer's count against the events that were there. That lines were
// taken out is damage only where frames vouch for them.
func (r *Reader) compare(told uint64) error {
	switch {
	case r.partial || told == r.lines:
		return nil
	case !r.marked && told > r.lines:
		r.thinned.Events += told - r.lines
		return nil
	}
	return r.damaged(fmt.Errorf("%d events were written and %d are there", told, r.lines))
}

// plainEnd is the end of plain lines. What was written to a file says in its header that a
// trailer ends it, or by older programs the file's name. A stream of -o json has none.
func (r *Reader) plainEnd() error {
	o := r.header.Options
	_, output := o["output"]
	_, written := o["write"]
	ends := o[ndjson.OptionTrailer] == true || o["output"] != "json" && (output || written)
	if ends && r.trailer == nil {
		return r.damaged(errNoEnd)
	}
	return io.EOF
}
