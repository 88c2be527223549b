// Package perfetto writes an event stream as a trace in Perfetto's own format: a
// sequence of TracePackets, to be opened at ui.perfetto.dev or by trace_processor.
//
// What is on which track is decided by package tracks; here is only how it is spelt.
package perfetto

import (
	"hash/fnv"
	"io"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/tracks"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Field numbers of the published messages, in protos/perfetto/trace of Perfetto's
// source: trace.proto, trace_packet.proto, clock_snapshot.proto, ps/process_tree.proto and
// track_event/{track,process,thread}_descriptor.proto, track_event/{track_event,debug_annotation}.proto.
const (
	tracePacket = 1

	packetProcessTree   = 2
	packetClockSnapshot = 6
	packetTimestamp     = 8
	packetSequence      = 10 // trusted_packet_sequence_id
	packetTrackEvent    = 11
	packetFlags         = 13 // sequence_flags
	packetDescriptor    = 60

	snapshotClocks = 1
	snapshotTrace  = 2 // primary_trace_clock
	clockID        = 1
	clockTimestamp = 2

	trackUUID     = 1
	trackName     = 2
	trackProcess  = 3
	trackThread   = 4
	trackParent   = 5
	trackOrdering = 11 // child_ordering
	trackMerging  = 15 //nolint:misspell // sibling_merge_behavior is the published name

	eventAnnotations = 4
	eventType        = 9
	eventTrack       = 11
	eventCategories  = 22
	eventName        = 23
	eventFlows       = 47 // fixed64
	eventEndingFlows = 48 // fixed64

	annotationInt    = 4
	annotationString = 6
	annotationName   = 10
)

// Values of the published enums.
const (
	clockRealtime = 1
	clockBoottime = 6

	stateCleared  = 1 // SEQ_INCREMENTAL_STATE_CLEARED
	chronological = 2 // ChildTracksOrdering
	neverMerged   = 2 // SiblingMergeBehavior

	sliceBegin, sliceEnd, instant = 1, 2, 3
)

// Trace is a Sink that keeps the packets of events until Finish: the descriptors of
// the tracks stand before them, and which container a process is in is known late.
type Trace struct {
	*tracks.Recorder
	out    io.Writer
	packet []byte // of the mark at hand; reused
	body   []byte
	marks  *spool
	err    error // of New
	header events.Header
	base   uint64 // what makes ids differ from those of another boot
}

// New returns an empty trace, written to w by Finish.
func New(w io.Writer, h *events.Header) *Trace {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(h.BootID))
	t := &Trace{out: w, header: *h, base: sum.Sum64()}
	if t.marks, t.err = newSpool(); t.err != nil {
		t.marks = &spool{}
	}
	t.Recorder = tracks.New(h, t.mark)
	return t
}

// Finish writes the trace.
func (t *Trace) Finish() error {
	all, _ := t.Recorder.Finish()
	head := t.clocks(nil)
	for _, track := range all {
		head = t.descriptor(head, track)
	}
	head = t.identities(head, all)
	if _, err := t.out.Write(head); err != nil {
		return err
	}
	return t.marks.writeTo(t.out)
}

func (t *Trace) uuid(track *tracks.Track) uint64 { return t.id(uint64(track.ID)) }

// id is unique in the trace and unlikely to be another boot's; 0 stands for none.
func (t *Trace) id(n uint64) uint64 {
	if id := t.base + n; id != 0 {
		return id
	}
	return t.base - 1
}

// clocks ties the trace's clock, CLOCK_BOOTTIME, to the wall clock.
func (t *Trace) clocks(b []byte) []byte {
	var snapshot []byte
	snapshot = message(snapshot, snapshotClocks, clock(clockBoottime, t.header.StartNS))
	if wall := t.header.BootTimeNS + int64(t.header.StartNS); wall > 0 {
		snapshot = message(snapshot, snapshotClocks, clock(clockRealtime, uint64(wall)))
	}
	snapshot = varint(snapshot, snapshotTrace, clockBoottime)
	packet := varint(nil, packetTimestamp, t.header.StartNS)
	packet = message(packet, packetClockSnapshot, snapshot)
	packet = varint(packet, packetSequence, 1)
	packet = varint(packet, packetFlags, stateCleared)
	return message(b, tracePacket, packet)
}

func clock(id, ns uint64) []byte {
	return varint(varint(nil, clockID, id), clockTimestamp, ns)
}

// descriptor says what a track on which something happens stands for. None is one of
// Perfetto's own process or thread tracks (identity.go): those are always at the top,
// whatever parent they name, and processes are to be in their container and their
// namespace. Tracks that are alike, two `sh` say, stay two: by default Perfetto makes
// one of siblings with one name.
func (t *Trace) descriptor(b []byte, track *tracks.Track) []byte {
	d := text(varint(nil, trackUUID, t.uuid(track)), trackName, name(track))
	if track.Parent != nil {
		d = varint(d, trackParent, t.uuid(track.Parent))
	}
	d = varint(varint(d, trackOrdering, chronological), trackMerging, neverMerged)
	packet := message(nil, packetDescriptor, d)
	return message(b, tracePacket, varint(packet, packetSequence, 1))
}

// name is what stands beside the track; a process's and a thread's end with the host's
// PID.
func name(track *tracks.Track) string {
	switch track.Kind {
	case tracks.Process:
		return track.Name + " " + strconv.Itoa(int(track.PID))
	case tracks.Thread:
		return track.Name + " " + strconv.Itoa(int(track.TID))
	}
	return track.Name
}

var types = [...]uint64{tracks.Begin: sliceBegin, tracks.End: sliceEnd, tracks.Instant: instant}

// mark adds one TrackEvent.
func (t *Trace) mark(m *tracks.Mark) error {
	e := varint(t.body[:0], eventType, types[m.Phase])
	e = varint(e, eventTrack, t.uuid(m.Track))
	if m.Phase != tracks.End {
		e = text(text(e, eventCategories, m.Category), eventName, m.Name)
	}
	if m.Out != 0 {
		e = fixed(e, eventFlows, t.id(m.Out))
	}
	if m.In != 0 {
		e = fixed(e, eventEndingFlows, t.id(m.In))
	}
	for _, f := range m.Facts {
		e = message(e, eventAnnotations, annotation(f))
	}
	t.body = e
	p := varint(t.packet[:0], packetTimestamp, m.At)
	p = message(p, packetTrackEvent, e)
	t.packet = varint(p, packetSequence, 1)
	if t.err == nil {
		t.marks.open = message(t.marks.open, tracePacket, t.packet)
		t.marks.fill()
	}
	return t.err
}

func annotation(f tracks.Fact) []byte {
	a := text(nil, annotationName, f.Name)
	if f.Text != "" {
		return text(a, annotationString, f.Text)
	}
	return varint(a, annotationInt, uint64(f.Number))
}

func varint(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func fixed(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), v)
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func message(b []byte, field protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), body)
}
