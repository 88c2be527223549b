// Package otel writes an event stream as OpenTelemetry traces in OTLP's JSON: one
// object of resource spans a line, as OTLP's file exporter writes and its file receiver
// reads. A process's life is a span below its first parent's; what happened to it are
// the span's events; its creator, later parents and killer are links.
//
// Ids come from the boot and the process's identity, so that the same process has the
// same span whatever recording it is in.
package otel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/jsontext"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// Spans is a Sink. A span is written when its process has ended; those of processes
// that live are kept.
type Spans struct {
	out    io.Writer
	header events.Header
	trace  string
	whole  *span // the recording
	open   map[events.ProcKey]*span
	order  []events.ProcKey              // in which they were begun
	named  map[events.ProcKey]events.Ref // by others, and not seen
	seen   map[events.ProcKey]bool
	ready  []*span                  // ended, and not written yet
	recent map[events.ProcKey]*span // of them, the processes
	lastNS uint64
	b      []byte
}

// New returns a sink that writes to w.
func New(w io.Writer, h *events.Header) *Spans {
	s := &Spans{
		out: w, header: *h, open: map[events.ProcKey]*span{}, named: map[events.ProcKey]events.Ref{},
		seen: map[events.ProcKey]bool{}, recent: map[events.ProcKey]*span{}, lastNS: h.StartNS,
	}
	s.trace = digest(16, h.BootID, "trace", strconv.FormatUint(h.StartNS, 10))
	s.whole = s.span(digest(8, h.BootID, "recording", strconv.FormatUint(h.StartNS, 10)), "recording", h.StartNS)
	return s
}

// digest is an id of so many bytes, in hex.
func digest(size int, parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		_, _ = io.WriteString(sum, p+"\x00")
	}
	return hex.EncodeToString(sum.Sum(nil)[:size])
}

func (s *Spans) id(k events.ProcKey) string { return digest(8, s.header.BootID, "process", k.String()) }

func (s *Spans) time(bootNS uint64) string {
	return strconv.FormatInt(max(s.header.BootTimeNS+int64(bootNS), 0), 10)
}

func (s *Spans) span(id, name string, fromNS uint64) *span {
	return &span{TraceID: s.trace, SpanID: id, Name: name, Kind: internal, Start: s.time(fromNS)}
}

// Put takes one event.
func (s *Spans) Put(ev *events.Event) error {
	s.lastNS = max(s.lastNS, ev.BootNS)
	if ev.Process.Key.IsZero() {
		s.happened(s.whole, ev)
		return nil
	}
	p := s.process(ev)
	if ev.Kind == events.Fork && ev.Fork != nil {
		s.born(p, ev)
		return nil
	}
	if ev.Kind == events.Snapshot {
		return nil
	}
	s.happened(p, ev)
	s.link(p, ev)
	if ev.Kind != events.Exit || ev.Exit == nil || s.open[ev.Process.Key] != p {
		return nil
	}
	p.ended(ev.Exit, s.time(ev.BootNS))
	delete(s.open, ev.Process.Key)
	s.recent[ev.Process.Key] = p
	return s.done(p)
}

// process returns the span of the process that an event is about; that of the recording
// for a late event of one that is written.
func (s *Spans) process(ev *events.Event) *span {
	p := &ev.Process
	one, ok := s.open[p.Key]
	if !ok && s.seen[p.Key] {
		if one, ok = s.recent[p.Key]; ok {
			return one
		}
		return s.whole
	}
	if !ok {
		one = s.span(s.id(p.Key), "", p.Key.Start)
		one.Parent = s.whole.SpanID
		if !p.Parent.IsZero() {
			one.Parent = s.id(p.Parent.Key)
			s.names(p.Parent)
		}
		s.seen[p.Key] = true
		delete(s.named, p.Key)
		s.open[p.Key] = one
		s.order = append(s.order, p.Key)
	}
	one.identify(ev)
	return one
}

// names remembers who has no span of his own yet.
func (s *Spans) names(r events.Ref) {
	if !s.seen[r.Key] {
		s.named[r.Key] = events.Ref{Key: r.Key, Comm: string([]byte(r.Comm))}
	}
}

// happened adds an event to a span: what it says in words, and as the stream has it.
func (s *Spans) happened(to *span, ev *events.Event) {
	s.b = ndjson.AppendEvent(s.b[:0], ev, s.header.BootTimeNS)
	to.Events = append(to.Events, spanEvent{
		Time: s.time(ev.BootNS), Name: ev.Kind.String(), Attributes: attributes(
			number("ptrace_ns.seq", int64(ev.Seq)),
			plain("ptrace_ns.what", text.What(ev, text.Options{Unicode: true})),
			plain("ptrace_ns.event", string(bytes.TrimSuffix(s.b, []byte{'\n'}))),
		),
	})
}

// born tells who made a process and how.
func (s *Spans) born(p *span, ev *events.Event) {
	var flags []string
	for name, bit := range names.CloneFlags(ev.Fork.Flags) {
		if name == "" {
			name = string(names.AppendCloneFlag(nil, bit))
		}
		flags = append(flags, name)
	}
	if len(flags) > 0 {
		p.set(list("ptrace_ns.clone_flags", flags))
	}
	if ev.Fork.Creator.Key != ev.Process.Parent.Key {
		s.tie(p, "creator", ev.Fork.Creator)
	}
}

// link ties a span to those of others.
func (s *Spans) link(p *span, ev *events.Event) {
	switch {
	case ev.Reparent != nil:
		s.tie(p, "reparented_to", ev.Reparent.To)
	case ev.Kind == events.Exit && ev.Exit != nil && ev.Exit.Killer != nil:
		s.tie(p, "killer", ev.Exit.Killer.Sender)
	}
}

func (s *Spans) tie(p *span, as string, to events.Ref) {
	if to.IsZero() || s.id(to.Key) == p.SpanID {
		return
	}
	s.names(to)
	p.Links = append(p.Links, link{TraceID: s.trace, SpanID: s.id(to.Key), Attributes: attributes(plain("ptrace_ns.link", as))})
}

// enough spans are one line.
const enough = 256

func (s *Spans) done(p *span) error {
	if s.ready = append(s.ready, p); len(s.ready) < enough {
		return nil
	}
	return s.write()
}

// Flush implements events.Sink; a line is written when it is full.
func (s *Spans) Flush() error { return nil }

// Finish ends what has not ended, says so, and writes the rest.
func (s *Spans) Finish() error {
	end := s.time(s.lastNS)
	for _, key := range s.order {
		p, ok := s.open[key]
		if !ok {
			continue
		}
		delete(s.open, key)
		p.End = end
		p.set(flag("ptrace_ns.unfinished", true))
		if err := s.done(p); err != nil {
			return err
		}
	}
	for _, r := range s.unseen() {
		p := s.span(s.id(r.Key), words.Name(r.Comm), r.Key.Start)
		p.Parent, p.End = s.whole.SpanID, end
		p.set(number("process.pid", int64(r.Key.PID)), plain("ptrace_ns.process.id", r.Key.String()), flag("ptrace_ns.unseen", true))
		if err := s.done(p); err != nil {
			return err
		}
	}
	s.whole.End = end
	s.ready = append(s.ready, s.whole)
	return s.write()
}

func (s *Spans) write() error {
	line, err := jsontext.Append(nil, traces{ResourceSpans: []resourceSpans{{
		Resource: resource{attributes(
			plain("service.name", "ptrace-ns"), plain("host.name", s.header.Host), plain("os.type", "linux"),
			plain("ptrace_ns.kernel", s.header.Kernel), plain("ptrace_ns.boot_id", s.header.BootID),
		)},
		ScopeSpans: []scopeSpans{{Scope: scope{Name: "github.com/ptrace-ns/ptrace-ns", Version: s.header.Version}, Spans: s.ready}},
	}}})
	if err != nil {
		return err
	}
	s.ready = s.ready[:0]
	clear(s.recent)
	_, err = s.out.Write(append(line, '\n'))
	return err
}
