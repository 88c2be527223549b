package perfetto

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/tracks"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Field numbers of process_descriptor.proto, thread_descriptor.proto and
// ps/process_tree.proto.
const (
	processPID   = 1
	processName  = 6
	processStart = 7

	threadPID  = 1
	threadTID  = 2
	threadName = 5

	treeProcess = 1
	treeThread  = 2

	ofPID       = 1
	ofParent    = 2
	ofCmdline   = 3
	ofUID       = 5
	ofInner     = 6
	ofStart     = 7
	ofKthread   = 8
	ofCommAlone = 9 // cmdline_is_comm

	taskTID   = 1
	taskName  = 2
	taskGroup = 3
)

// identities describes all processes and threads to trace_processor, for its tables of
// them, without one event: the UI gives a group only to those in which there is one.
// A second descriptor of a PID makes it a second process there
// (TrackEventTracker::ResolveDescriptorTrackImpl), and what comes then of that PID is of
// the second; so all come in the order of their births, each with its threads.
func (t *Trace) identities(b []byte, all []*tracks.Track) []byte {
	threads := map[*tracks.Track][]*tracks.Track{}
	for _, track := range all {
		if track.Kind == tracks.Thread {
			threads[track.Parent] = append(threads[track.Parent], track)
		}
	}
	bearer := map[int32]events.ProcKey{}
	for _, p := range tracks.ByStart(all) {
		if p.PID == 0 {
			continue // of a CPU that idles
		}
		bearer[p.PID] = p.Identity.Key
		b = t.identity(b, p, trackProcess, process(p))
		if above := p.Identity.Above; above.IsZero() && p.PID <= 2 || !above.IsZero() && bearer[above.PID] == above {
			b = packet(b, packetProcessTree, inTree(p))
		}
		for _, thread := range threads[p] {
			d := varint(varint(nil, threadPID, uint64(p.PID)), threadTID, uint64(thread.TID))
			b = t.identity(b, thread, trackThread, text(d, threadName, thread.Name))
		}
	}
	return b
}

// identityUUID keeps these tracks apart from those on which something happens.
const identityUUID = 1 << 62

func (t *Trace) identity(b []byte, track *tracks.Track, field protowire.Number, body []byte) []byte {
	d := varint(nil, trackUUID, t.id(identityUUID|uint64(track.ID)))
	return packet(b, packetDescriptor, message(d, field, body))
}

func process(p *tracks.Track) []byte {
	d := text(varint(nil, processPID, uint64(p.PID)), processName, p.Name)
	if start := p.Identity.Key.Start; start != 0 {
		d = varint(d, processStart, start)
	}
	return d
}

// inTree is what ps would say of a process. Without its parent it would be said to be a
// child of PID 0.
func inTree(p *tracks.Track) []byte {
	i := &p.Identity
	d := varint(varint(nil, ofPID, uint64(p.PID)), ofParent, uint64(i.Above.PID))
	for arg := range i.Args.All {
		d = text(d, ofCmdline, string(words.AppendQuoted(nil, string(arg))))
	}
	if i.Args.Len() == 0 {
		d = varint(text(d, ofCmdline, p.Name), ofCommAlone, 1)
	}
	if i.HasIDs {
		d = varint(d, ofUID, uint64(int64(int32(i.UID)))) // as int32 is spelt
	}
	for _, pid := range i.Inner {
		d = varint(d, ofInner, uint64(pid))
	}
	if i.Key.Start != 0 {
		d = varint(d, ofStart, i.Key.Start)
	}
	if i.Kthread {
		d = varint(d, ofKthread, 1)
	}
	main := varint(text(varint(nil, taskTID, uint64(p.PID)), taskName, p.Name), taskGroup, uint64(p.PID))
	return message(message(nil, treeProcess, d), treeThread, main)
}

func packet(b []byte, field protowire.Number, body []byte) []byte {
	return message(b, tracePacket, varint(message(nil, field, body), packetSequence, 1))
}
