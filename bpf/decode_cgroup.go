//go:build linux

package bpf

import (
	"fmt"
	"unsafe"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func (d *Decoder) decodeAttach(raw []byte) error {
	r, err := viewWithChain[probesAttachRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.setFull(&r.Full)
	d.cgroup = events.CgroupDetail{To: d.ev.Process.Cgroup}
	d.ev.Kind, d.ev.Cgroup = events.CgroupMove, &d.cgroup
	return nil
}

func (d *Decoder) decodeCgroup(raw []byte) error {
	r, err := view[probesCgroupRec](raw)
	if err != nil {
		return err
	}
	// Not Sizeof: Go pads a struct that ends in an empty array.
	path := raw[unsafe.Offsetof(r.Path):]
	if int(r.PathLen) > len(path) {
		return fmt.Errorf("%w: cgroup path of %d bytes in %d", ErrRecord, r.PathLen, len(path))
	}
	p := &d.ev.Process
	maker := d.ref(&r.Maker)
	p.Key, p.Comm, p.TID = maker.Key, maker.Comm, int32(r.Maker.Tid)
	d.cgroup = events.CgroupDetail{To: events.Cgroup{
		Hierarchy: r.Hierarchy, ID: r.Id, Path: d.names.get(untilNUL(path[:r.PathLen])),
	}}
	d.ev.Kind, d.ev.Cgroup = events.CgroupMkdir, &d.cgroup
	if Kind(r.Hdr.Kind) == probesRecKindREC_CGROUP_RMDIR {
		d.ev.Kind = events.CgroupRmdir
	}
	return nil
}
