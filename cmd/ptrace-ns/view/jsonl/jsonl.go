// Package jsonl prints the event stream as NDJSON. It adds buffering and the
// choice of members to events/ndjson, and knows nothing of files or terminals.
package jsonl

import (
	"bytes"
	"io"
	"maps"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/lines"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// Sink writes each event as one line.
type Sink struct {
	out      *lines.Buffer
	bootTime int64
	fields   *Fields
	scratch  []byte
	encoder  ndjson.Encoder
	recorded func() []byte
}

// New returns a sink over w and buffers the header. With fields only these
// members are printed; the header is whole.
func New(w io.Writer, h *events.Header, fields *Fields) (*Sink, error) {
	s := &Sink{out: lines.New(w), bootTime: h.BootTimeNS, fields: fields}
	b, err := ndjson.AppendHeader(s.out.Bytes(), shown(h))
	if err != nil {
		return nil, err
	}
	return s, s.out.Put(b, h.StartNS)
}

// shown is the header of what is shown. That of a recording says that a trailer ends it,
// and names its file; a stream has none, and says that it is one.
func shown(h *events.Header) *events.Header {
	o := h.Options
	if o[ndjson.OptionTrailer] == nil && o["output"] == nil && o["write"] == nil {
		return h
	}
	stream := *h
	stream.Options = maps.Clone(o)
	delete(stream.Options, ndjson.OptionTrailer)
	stream.Options["output"] = "json"
	return &stream
}

// Recorded has the sink ask for the line that was read last. Where it is the event's,
// which a selection may have held back, and can be shown as it is, encoding the event
// anew would only give it again.
func (s *Sink) Recorded(line func() []byte) { s.recorded = line }

// Put buffers one line.
func (s *Sink) Put(ev *events.Event) error {
	if s.fields == nil && s.recorded != nil {
		if line := s.recorded(); s.begins(line, ev.Seq) && ndjson.Printable(line) {
			return s.out.Put(append(append(s.out.Bytes(), line...), '\n'), ev.BootNS)
		}
	}
	if s.fields == nil {
		return s.out.Put(s.encoder.AppendEvent(s.out.Bytes(), ev, s.bootTime), ev.BootNS)
	}
	s.scratch = s.encoder.AppendEvent(s.scratch[:0], ev, s.bootTime)
	b, err := s.fields.append(s.out.Bytes(), s.scratch)
	if err != nil {
		return err
	}
	return s.out.Put(b, ev.BootNS)
}

// begins reports whether a line begins as that of the event with this number does.
func (s *Sink) begins(line []byte, seq uint64) bool {
	s.scratch = append(strconv.AppendUint(append(s.scratch[:0], `{"seq":`...), seq, 10), ',')
	return bytes.HasPrefix(line, s.scratch)
}

// Flush writes the buffered lines.
func (s *Sink) Flush() error { return s.out.Flush() }
