//go:build linux

package bpf

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// ErrRecord is the error of every record that is not what its kind says.
var ErrRecord = errors.New("record malformed")

// Decoder turns records into events. It allocates nothing in the steady state:
// the Event that Decode returns, and all that is reached through it, belongs to
// the Decoder and to the record, and is valid until the next call.
type Decoder struct {
	names interner
	path  []byte

	ev      events.Event
	chain   [events.MaxLevels]events.PIDEntry
	fork    events.ForkDetail
	exec    events.ExecDetail
	exit    events.ExitDetail
	killer  events.Killer
	job     events.Job
	signal  events.SignalDetail
	rename  events.RenameDetail
	cgroup  events.CgroupDetail
	syscall events.SyscallDetail
}

// Head is what every record begins with.
type Head struct {
	Kind  Kind
	Drops uint32 // low half of the count of records dropped before this one
	Time  uint64 // CLOCK_BOOTTIME, ns
}

// ReadHead returns a record's head without decoding the rest.
func ReadHead(raw []byte) (Head, error) {
	hdr, err := view[probesRecHdr](raw)
	if err != nil {
		return Head{}, err
	}
	return Head{Kind: Kind(hdr.Kind), Drops: hdr.Drops, Time: hdr.Time}, nil
}

// ReadKey returns the process that a record is about without decoding the rest.
// Records of made and removed cgroups are about none.
func ReadKey(raw []byte) (events.ProcKey, error) {
	r, err := view[probesOomRec](raw) // the head that all the others share
	if err != nil {
		return events.ProcKey{}, err
	}
	return events.ProcKey{PID: int32(r.Task.Tgid), Start: r.Task.Start}, nil
}

// SplitSnapshot divides what the iterator wrote into its records.
func SplitSnapshot(raw []byte) ([][]byte, error) {
	var records [][]byte
	for len(raw) > 0 {
		r, err := view[probesSnapshotRec](raw)
		if err != nil {
			return nil, err
		}
		size := int(unsafe.Sizeof(*r)) + int(r.Hdr.Levels)*int(unsafe.Sizeof(probesPidLevel{}))
		if size > len(raw) {
			return nil, fmt.Errorf("%w: a snapshot of %d bytes in %d", ErrRecord, size, len(raw))
		}
		records = append(records, raw[:size:size])
		raw = raw[size:]
	}
	return records, nil
}

// Decode returns the event that the record holds.
func (d *Decoder) Decode(raw []byte) (*events.Event, error) {
	hdr, err := view[probesRecHdr](raw)
	if err != nil {
		return nil, err
	}
	d.ev = events.Event{BootNS: hdr.Time, CPU: uint32(hdr.Cpu)}
	switch Kind(hdr.Kind) {
	case probesRecKindREC_FORK, probesRecKindREC_THREAD_START:
		err = d.decodeFork(raw)
	case probesRecKindREC_EXEC:
		err = d.decodeExec(raw)
	case probesRecKindREC_EXIT, probesRecKindREC_THREAD_EXIT:
		err = d.decodeExit(raw)
	case probesRecKindREC_SIGNAL:
		err = d.decodeSignal(raw)
	case probesRecKindREC_RENAME:
		err = d.decodeRename(raw)
	case probesRecKindREC_CGROUP_ATTACH:
		err = d.decodeAttach(raw)
	case probesRecKindREC_CGROUP_MKDIR, probesRecKindREC_CGROUP_RMDIR:
		err = d.decodeCgroup(raw)
	case probesRecKindREC_OOM:
		err = d.decodeOOM(raw)
	case probesRecKindREC_SYSCALL:
		err = d.decodeSyscall(raw)
	case probesRecKindREC_SNAPSHOT:
		err = d.decodeSnapshot(raw)
	case probesRecKindREC_SHOWN:
		err = d.decodeShown(raw)
	default:
		err = fmt.Errorf("%w: kind %d is unknown", ErrRecord, hdr.Kind)
	}
	if err != nil {
		return nil, err
	}
	return &d.ev, nil
}

// view looks at the record's first bytes as a T, which is one of the generated
// twins of event.h: plain numbers and bytes, no pointers.
func view[T any](raw []byte) (*T, error) {
	var t T
	if uintptr(len(raw)) < unsafe.Sizeof(t) {
		return nil, fmt.Errorf("%w: %d bytes, %T needs %d", ErrRecord, len(raw), t, unsafe.Sizeof(t))
	}
	return (*T)(unsafe.Pointer(unsafe.SliceData(raw))), nil
}

// viewWithChain is view for the records whose PID chain lies right behind.
func viewWithChain[T any](d *Decoder, raw []byte) (*T, error) {
	t, err := view[T](raw)
	if err != nil {
		return nil, err
	}
	return t, d.setChain(raw[unsafe.Sizeof(*t):], raw)
}

// setChain reads the PID chain from the bytes at its place.
func (d *Decoder) setChain(at, raw []byte) error {
	n := int((*probesRecHdr)(unsafe.Pointer(unsafe.SliceData(raw))).Levels)
	size := int(unsafe.Sizeof(probesPidLevel{}))
	if n > len(d.chain) || n*size > len(at) {
		return fmt.Errorf("%w: %d PID levels in %d bytes", ErrRecord, n, len(at))
	}
	for i := range n {
		l := (*probesPidLevel)(unsafe.Pointer(&at[i*size]))
		d.chain[i] = events.PIDEntry{NS: events.NSID{Inum: l.Inum, ID: l.NsId}, PID: l.Nr}
	}
	d.ev.Process.Chain = d.chain[:n]
	if n > 0 {
		d.ev.Process.NS.PID = d.chain[n-1].NS.Inum
	}
	return nil
}

func (d *Decoder) setCore(c *probesTaskCore) {
	p := &d.ev.Process
	p.Key = events.ProcKey{PID: int32(c.Tgid), Start: c.Start}
	p.PIDIno = c.PidIno
	p.TID = int32(c.Tid)
	if c.ParentTgid != 0 {
		p.Parent.Key = events.ProcKey{PID: int32(c.ParentTgid), Start: c.ParentStart}
	}
	p.Comm = d.names.comm(&c.Comm)
	p.Kthread = has(c.Flags, probesTaskFlagTASK_KTHREAD)
	p.Subreaper = has(c.Flags, probesTaskFlagTASK_SUBREAPER)
	p.UnderSubreaper = has(c.Flags, probesTaskFlagTASK_UNDER_SUBREAPER)
	p.NSInit = has(c.Flags, probesTaskFlagTASK_NS_INIT)
	p.Zombie = has(c.Flags, probesTaskFlagTASK_ZOMBIE)
}

func (d *Decoder) setFull(f *probesTaskFull) {
	p := &d.ev.Process
	p.Full = true
	p.HasIDs, p.UID, p.GID = true, f.Uid, f.Gid
	p.Cgroup = events.Cgroup{Hierarchy: f.CgroupHierarchy, ID: f.CgroupId}
	p.NS.PIDForChildren = f.NsPidForChildren
	p.NS.Mnt, p.NS.Net, p.NS.UTS, p.NS.IPC = f.NsMnt, f.NsNet, f.NsUts, f.NsIpc
	p.NS.User, p.NS.Cgroup, p.NS.Time = f.NsUser, f.NsCgroup, f.NsTime
	p.PidnsOwner = f.PidnsOwner
	if !p.Parent.IsZero() {
		p.Parent.Comm = d.names.comm(&f.ParentComm)
	}
}

func (d *Decoder) ref(r *probesTaskRef) events.Ref {
	if r.Tgid == 0 {
		return events.Ref{}
	}
	return events.Ref{
		Key:  events.ProcKey{PID: int32(r.Tgid), Start: r.Start},
		Comm: d.names.comm(&r.Comm),
	}
}

func has[F ~uint32](flags uint32, bit F) bool { return flags&uint32(bit) != 0 }
