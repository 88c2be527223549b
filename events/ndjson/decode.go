package ndjson

import (
	"fmt"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Decoder reads lines of the stream back into events. It allocates little in the
// steady state: the Event that Event returns, and all that is reached through
// it, belongs to the Decoder and is valid until the next call.
//
// A line may have its members in any order and members that are not known: those
// are passed over and told to Unknown.
type Decoder struct {
	// Unknown, when set, is told of each member and each value of an enumeration
	// that is not known, as "object.name" or "object=value". Both names come from
	// the line: they may be anything. Of a line that is no event of a known kind
	// Event tells nothing.
	Unknown func(what string)

	scanner
	ev   events.Event
	line lineFields
	refs []events.Ref
	// The vectors' bytes, and whether they were told raw.
	args, env       []byte
	argsRaw, envRaw bool

	said     [2]saidNamespaces
	allKnown bool // of the object of namespaces that was read last
	early    bool // an event's line is read, and its kind was not yet
	mute     bool // the line is no event of a known kind

	chain    [events.MaxLevels]events.PIDEntry
	prior    []events.PriorSignal
	fork     events.ForkDetail
	exec     events.ExecDetail
	exit     events.ExitDetail
	sig      events.SignalDetail
	rename   events.RenameDetail
	cgroup   events.CgroupDetail
	syscall  events.SyscallDetail
	pidns    events.PidnsDetail
	reparent events.ReparentDetail
	lost     events.LostDetail

	container events.Container
	serves    events.Container
	job       events.Job
	killer    events.Killer
}

// UnknownError is the error of an event whose kind is not known: a newer
// program's.
type UnknownError struct{ Kind string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("event of a kind that is not known: %.40q", e.Kind)
}

// SchemaError is the error of a header of another contract.
type SchemaError struct{ Schema string }

func (e *SchemaError) Error() string {
	if version, ok := strings.CutPrefix(e.Schema, schemaName); ok {
		return fmt.Sprintf("event stream of schema version %.20q: this program reads version %s, use one that reads the other", version, schemaMajor)
	}
	return fmt.Sprintf("header of schema %.40q: it is no %s stream", e.Schema, schemaName)
}

// schemaName and schemaMajor are the two halves of events.Schema.
var schemaName, schemaMajor = func() (string, string) {
	i := strings.LastIndexByte(events.Schema, '/') + 1
	return events.Schema[:i], events.Schema[i:]
}()

// DecodeEvent reads one line, its newline optional, into ev, which shares nothing
// with it. The error is an *UnknownError for a kind that is not known and a
// *SyntaxError for a line that is none of the stream's.
func DecodeEvent(line []byte, ev *events.Event) error {
	var d Decoder
	decoded, err := d.Event(line)
	if err == nil {
		*ev = *decoded
	}
	return err
}

// Event reads one line, as DecodeEvent does.
func (d *Decoder) Event(line []byte) (*events.Event, error) {
	d.reset(line)
	d.begin()
	for key := d.open(); key != nil; key = d.next() {
		d.member(key)
		if d.line.kind != "" && d.err == nil {
			return nil, &UnknownError{Kind: d.line.kind}
		}
	}
	if err := d.end(); err != nil {
		// Members of a line that is no event may have the names of an event's.
		if kind := lineKind(line); kind != "" && kindOf[kind] == events.KindUnknown {
			return nil, &UnknownError{Kind: kind}
		}
		return nil, err
	}
	if d.ev.Kind == events.KindUnknown {
		return nil, &SyntaxError{Reason: "no event"}
	}
	d.assemble()
	return &d.ev, nil
}

// tells reports whether what is not known is told: not of a line whose kind, which may
// come behind its other members, shows that it is no event.
func (d *Decoder) tells() bool {
	if d.Unknown == nil || d.err != nil {
		return false
	}
	if d.early { // asked once a line: it may have millions of such members
		d.early, d.mute = false, kindOf[lineKind(d.b)] == events.KindUnknown
	}
	return !d.mute
}

// lineKind returns what a line says that it is; empty where it says nothing or is no
// JSON object.
func lineKind(line []byte) (kind string) {
	s := scanner{b: line}
	for key := s.open(); key != nil; key = s.next() {
		if string(key) == "event" {
			kind = string(s.bytes())
		} else {
			s.skip()
		}
	}
	if s.end() != nil {
		return ""
	}
	return kind
}

// unknown tells of something that is not known.
func (d *Decoder) unknown(object string, value []byte) {
	if d.tells() {
		d.Unknown(object + "=" + string(value))
	}
}

// pass skips a member that is not known.
func (d *Decoder) pass(object string, key []byte) {
	if d.tells() {
		d.Unknown(object + "." + string(key))
	}
	d.skip()
}

// rawTexts reads the raw bytes of the strings of one object that were not UTF-8.
// place gives a string by its member's name, nil for none.
func (d *Decoder) rawTexts(object string, place func(key []byte) *string) {
	for key := d.open(); key != nil; key = d.next() {
		if p := place(key); p != nil {
			*p = d.names.get(d.base64())
		} else {
			d.pass(object+".raw", key)
		}
	}
}

// unixNS reads a time; it must be one that time.UnixNano can tell.
func (s *scanner) unixNS() int64 {
	t, err := time.Parse(time.RFC3339Nano, string(s.bytes()))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		s.fail("no time")
		return 0
	}
	return t.UnixNano()
}
