//go:build linux

package bpf

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The records of these tests are put together field by field in the order of
// event.h, and not from the twins: those are what is tested.
type (
	u8  = uint8
	u16 = uint16
	u32 = uint32
	u64 = uint64
	s32 = int32
	s64 = int64
)

// wire lays the values out one behind the other.
func wire(fields ...any) []byte {
	var b []byte
	for _, f := range fields {
		if raw, ok := f.([]byte); ok {
			b = append(b, raw...)
			continue
		}
		var err error
		if b, err = binary.Append(b, binary.NativeEndian, f); err != nil {
			panic(err)
		}
	}
	return b
}

// padded is the string with NULs up to n bytes.
func padded(s string, n int) []byte { return append([]byte(s), make([]byte, n-len(s))...) }

func comm(s string) []byte { return padded(s, 16) }

const bootNS = 9_000_000_000

func header(kind Kind, levels int) []byte {
	return wire(u64(bootNS), u32(3), u16(1), u8(kind), u8(levels))
}

// core is pid 100, the child of pid 50.
func core(flags u32, name string) []byte {
	return wire(u64(1000), u64(77), u64(500), u32(100), u32(101), u32(50), flags, comm(name))
}

func full() []byte {
	return wire(u64(4242), u32(8), u32(1001), u32(1002), u32(11), u32(12), u32(13), u32(14), u32(15),
		u32(16), u32(17), u32(18), u32(19), comm("parent"))
}

// ref is another process: pid, started at start, by its thread tid.
func ref(pid, tid u32, start u64, name string) []byte { return wire(start, pid, tid, comm(name)) }

// levels is a chain of n PIDs: 100 in the first namespace, 99 in the next.
func levels(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, wire(u64(900+i), u32(4000+i), s32(100-i))...)
	}
	return b
}

func forkRecord(kind Kind, n int) []byte {
	return wire(header(kind, n), core(0, "child"), full(), ref(60, 61, 600, "cloner"),
		u64(901), u32(4001), u32(1), u64(1<<33|0x20000000), s32(17), s32(435), levels(n))
}

// execParams are what the exec records of the tests differ in.
type execParams struct {
	shape            uint8
	levels           int
	filename, interp string
	exe              string // components from the leaf, each ended by NUL
	exeFlags         uint8
	blob             string
	argsSize, env    uint64
	blobStatus       uint8
	oldTid           uint32
}

// rooms of a shape: levels, filename, interp, exe.
var rooms = [3][4]int{{2, 64, 8, 104}, {8, 256, 128, 512}, {33, 4096, 256, 4608}}

// lenNUL is the length of a C string, 0 of none.
func lenNUL(s string) u16 {
	if s == "" {
		return 0
	}
	return u16(len(s) + 1)
}

func execRecord(p execParams) []byte {
	room := rooms[p.shape]
	return wire(header(KindExec, p.levels), core(0, "image"), full(), p.argsSize, p.env,
		u32(len(p.blob)), p.oldTid, lenNUL(p.filename), lenNUL(p.interp), u16(len(p.exe)),
		p.exeFlags, p.shape, p.blobStatus, u8(1), make([]byte, 6),
		padded(string(levels(p.levels)), 16*room[0]), padded(p.filename, room[1]), padded(p.interp, room[2]),
		padded(p.exe, room[3]), []byte(p.blob))
}

func exitRecord(kind Kind, n int, subreaper, init []byte, code, cut u32) []byte {
	return wire(header(kind, n), core(0, "dead"), subreaper, init, code, u32(4), cut, u8(1), make([]byte, 3), levels(n))
}

var (
	nobody   = make([]byte, 32)
	hostInit = ref(1, 1, 10, "init")
)

func signalRecord(sig, code s32, flags probesSignalFlag) []byte {
	return wire(header(KindSignal, 2), core(0, "target"), ref(60, 61, 600, "sender"),
		u64(901), u32(4001), sig, code, u32(flags), u16(0), u8(2), u8(many), s32(7), levels(2))
}

func renameRecord(inExec u32) []byte {
	return wire(header(KindRename, 1), core(0, "before"), comm("fifteen-bytes-x"), inExec, u32(0), levels(1))
}

func cgroupRecord(kind Kind, path string) []byte {
	return wire(header(kind, 0), ref(60, 61, 600, "mkdir"), u64(4242), u32(8), u32(len(path)+1), []byte(path), u8(0))
}

func syscallRecord(call probesCall) []byte {
	return wire(header(KindSyscall, 1), core(0, "caller"), u64(0x20000000), s64(-12), s64(1), u64(555),
		s32(7), u32(call), padded("/new", 256), padded("/old", 256), levels(1))
}

func snapshotRecord(flags u32, n int) []byte {
	return wire(header(KindSnapshot, n), core(flags, "there"), full(), u32(6), u32(0x0b|0x80), sampleJob.wire(), levels(n))
}

// job is the tail of a snapshot record.
type job struct {
	cpu              u64
	pgid, sid, tpgid s32
	state            u32
	prio             s32
	locked, cut      u8
	tty              string
	tracer           []byte // nil is none
}

// sampleJob is of pid 100, a session leader in the foreground.
var sampleJob = job{cpu: 12_345, pgid: 100, sid: 100, tpgid: 100, state: 1, prio: 110, locked: 1, tty: "pts7"}

func (j job) wire() []byte {
	if j.tracer == nil {
		j.tracer = ref(0, 0, 0, "")
	}
	return wire(j.cpu, j.pgid, j.sid, j.tpgid, j.state, j.prio, j.locked, j.cut, padded(j.tty, 18), j.tracer)
}

// samples are one good record of every kind.
func samples() map[string][]byte {
	return map[string][]byte{
		"fork":         forkRecord(KindFork, 2),
		"thread_start": forkRecord(KindThreadStart, 1),
		"exec": execRecord(execParams{levels: 1, filename: "./x", exe: "x\x00bin\x00", blob: "x\x00\x00",
			argsSize: 3, blobStatus: 1, oldTid: 100}),
		"exec_medium": execRecord(execParams{shape: 1, levels: 3, filename: "./x", exe: "x\x00", argsSize: 9, blobStatus: 3}),
		"exec_large": execRecord(execParams{shape: 2, levels: 33, filename: "./x", interp: "/bin/sh", exe: "sh\x00bin\x00",
			blob: "sh\x00A=1\x00", argsSize: 3, env: 4, blobStatus: 1}),
		"exit":         exitRecord(KindExit, 1, nobody, hostInit, 3<<8, 0),
		"thread_exit":  exitRecord(KindThreadExit, 1, nobody, nobody, 0, 0),
		"signal":       signalRecord(15, 0, probesSignalFlagSIG_GROUP),
		"rename":       renameRecord(1),
		"cgroup":       wire(header(KindCgroupAttach, 1), core(0, "moved"), full(), levels(1)),
		"cgroup_mkdir": cgroupRecord(KindCgroupMkdir, "/docker/abc"),
		"cgroup_rmdir": cgroupRecord(KindCgroupRmdir, "/docker/abc"),
		"oom":          wire(header(KindOOM, 1), core(0, "victim"), levels(1)),
		"syscall":      syscallRecord(probesCallCALL_UNSHARE),
		"snapshot":     snapshotRecord(0, 1),
	}
}

// sampleNames are the names of samples, sorted.
func sampleNames() []string {
	var names []string
	for name := range samples() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// with returns the record with other bytes at an offset.
func with(raw []byte, at int, b ...byte) []byte {
	raw = bytes.Clone(raw)
	copy(raw[at:], b)
	return raw
}
