//go:build linux

package bpf

import (
	"bytes"
	"fmt"
	"unsafe"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const sizeExecLarge = int(unsafe.Sizeof(probesExecLarge{}))

// execParts are the places of an exec record that depend on its shape.
type execParts struct{ levels, filename, interp, exe, blob []byte }

func execPartsOf(raw []byte) (*probesExecRec, execParts, error) {
	head, err := view[probesExecRec](raw)
	if err != nil {
		return nil, execParts{}, err
	}
	switch probesExecShape(head.Shape) {
	case probesExecShapeEXEC_SMALL:
		r, err := view[probesExecSmall](raw)
		if err != nil {
			return nil, execParts{}, err
		}
		return head, execParts{bytesOf(&r.Levels), r.Filename[:], r.Interp[:], r.Exe[:], raw[unsafe.Sizeof(*r):]}, nil
	case probesExecShapeEXEC_MEDIUM:
		r, err := view[probesExecMedium](raw)
		if err != nil {
			return nil, execParts{}, err
		}
		return head, execParts{bytesOf(&r.Levels), r.Filename[:], r.Interp[:], r.Exe[:], raw[unsafe.Sizeof(*r):]}, nil
	case probesExecShapeEXEC_LARGE:
		r, err := view[probesExecLarge](raw)
		if err != nil {
			return nil, execParts{}, err
		}
		return head, execParts{bytesOf(&r.Levels), r.Filename[:], r.Interp[:], r.Exe[:], raw[unsafe.Sizeof(*r):]}, nil
	}
	return nil, execParts{}, fmt.Errorf("%w: exec shape %d is unknown", ErrRecord, head.Shape)
}

func bytesOf[T any](t *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(t)), unsafe.Sizeof(*t))
}

func (d *Decoder) decodeExec(raw []byte) error {
	r, at, err := execPartsOf(raw)
	if err != nil {
		return err
	}
	if int(r.FilenameLen) > len(at.filename) || int(r.InterpLen) > len(at.interp) ||
		int(r.ExeLen) > len(at.exe) || int(r.BlobLen) > len(at.blob) {
		return fmt.Errorf("%w: exec with a length beyond its room", ErrRecord)
	}
	if err := d.setChain(at.levels, raw); err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.setFull(&r.Full)
	p := &d.ev.Process
	p.TID = p.Key.PID
	p.Args, p.Env = splitBlob(at.blob[:r.BlobLen], r)
	p.Exe = d.exePath(at.exe[:r.ExeLen], r.ExeFlags)
	d.exec = events.ExecDetail{
		Filename:       d.names.get(untilNUL(at.filename[:r.FilenameLen])),
		FilenameStatus: events.ReadStatus(r.FilenameStatus),
		Interpreter:    d.names.get(untilNUL(at.interp[:r.InterpLen])),
	}
	if r.OldTid != r.Task.Tgid {
		d.exec.OldTID = int32(r.OldTid)
	}
	d.ev.Kind, d.ev.Exec = events.Exec, &d.exec
	return nil
}

// splitBlob divides what was copied from mm->arg_start: the environment lies
// right behind the arguments.
func splitBlob(blob []byte, r *probesExecRec) (args, env events.Args) {
	status := events.ReadStatus(r.BlobStatus)
	args = events.Args{Size: r.ArgsSize, Status: status}
	if status == events.Unreadable {
		return args, events.Args{}
	}
	n := min(uint64(len(blob)), r.ArgsSize)
	args.Raw = blob[:n:n]
	if r.EnvSize == 0 {
		return args, events.Args{}
	}
	env = events.Args{Raw: blob[n:], Size: r.EnvSize, Status: events.Complete}
	if uint64(len(env.Raw)) < r.EnvSize {
		env.Status = events.Truncated
	}
	return args, env
}

// exePath joins the components, which come from the leaf upwards. A path that is
// deeper than the walk goes is not known.
func (d *Decoder) exePath(parts []byte, flags uint8) string {
	if flags&uint8(probesExecFlagEXE_CUT) != 0 {
		return ""
	}
	d.path = d.path[:0]
	for end := len(parts); end > 0; {
		end-- // the NUL
		start := bytes.LastIndexByte(parts[:end], 0) + 1
		d.path = append(append(d.path, '/'), parts[start:end]...)
		end = start
	}
	if len(d.path) == 0 {
		// The root of a mount that is attached nowhere: runc executes itself from
		// one. /proc/PID/exe says the same.
		return "/"
	}
	if flags&uint8(probesExecFlagEXE_DELETED|probesExecFlagEXE_PSEUDO) != 0 {
		d.path = append(d.path, " (deleted)"...)
	}
	return d.names.get(d.path)
}
