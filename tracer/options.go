//go:build linux

package tracer

import (
	"fmt"
	"os"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// Options say what is traced. The zero value is a good choice.
type Options struct {
	// BufferBytes is the ring buffer's size, a power of two and a multiple of the
	// page size; 0 is DefaultBuffer.
	BufferBytes int
	// MaxArgs is how many bytes of an argument vector are kept; 0 is DefaultMaxArgs,
	// or what a small buffer has room for.
	MaxArgs int
	// Env has the environment at exec told. Its values hold secrets.
	Env bool
	// Signals has signal n told when bit n-1 is set, whoever gets it; 0 is
	// DefaultSignals. The init of a child PID namespace has all its signals but
	// SIGCHLD told anyway.
	Signals uint64
	// Threads has thread_start and thread_exit told.
	Threads bool
	// Syscalls has the clone family told at system-call level. It slows every
	// system call of the whole machine.
	Syscalls bool
	// CgroupDirs has cgroup_mkdir and cgroup_rmdir told.
	CgroupDirs bool
	// Latency has the reader woken for each record, which costs whoever caused it some
	// ten times what the record does. Otherwise it comes up to 50 ms later.
	Latency bool
	// Follow has the kernel half leave out what others do; nil leaves nothing out.
	Follow *Follow
	// Containers says which container a cgroup is and what is known of it; nil knows
	// what cgroup paths say by themselves.
	Containers Containers

	// followRoom is how many processes can be marked at a time; 0 is defaultFollowRoom.
	followRoom uint32
	// loadsOnly has the programs read as under lockdown=confidentiality.
	loadsOnly bool
}

// What the zero Options stand for.
const (
	DefaultBuffer  = 8 << 20
	DefaultMaxArgs = 32 << 10
	// DefaultSignals are SIGKILL, SIGTERM and SIGSTOP.
	DefaultSignals = 1<<(9-1) | 1<<(15-1) | 1<<(19-1)
)

func (o Options) withDefaults() Options {
	if o.BufferBytes == 0 {
		o.BufferBytes = DefaultBuffer
	}
	if o.MaxArgs == 0 {
		o.MaxArgs = min(DefaultMaxArgs, o.largestArgs())
	}
	if o.Signals == 0 {
		o.Signals = DefaultSignals
	}
	if o.Containers == nil {
		o.Containers = pathsOnly{}
	}
	return o
}

// maxBlob is how many bytes behind mm->arg_start one exec may bring.
func (o Options) maxBlob() int {
	if o.Env {
		return 2 * o.MaxArgs
	}
	return o.MaxArgs
}

// wakeupBytes is how much gathers before the programs wake a reader that does not sleep.
func (o Options) wakeupBytes() int {
	if o.Latency {
		return 1
	}
	return min(wakeupBytes, o.BufferBytes/4)
}

// largestArgs is the greatest MaxArgs with which two records fit into the buffer.
func (o Options) largestArgs() int {
	room := o.BufferBytes/2 - bpf.MaxRecord
	if o.Env {
		room /= 2
	}
	return max(room, 1)
}

// MinBuffer returns the smallest BufferBytes that goes with the other options.
func (o Options) MinBuffer() int {
	o.MaxArgs = max(o.MaxArgs, 1)
	size := os.Getpagesize()
	for size < 2*(bpf.MaxRecord+o.maxBlob()) {
		size *= 2
	}
	return size
}

// Check returns an error when the options contradict each other or the machine.
func (o Options) Check() error {
	o = o.withDefaults()
	page := os.Getpagesize()
	if o.BufferBytes < page || o.BufferBytes&(o.BufferBytes-1) != 0 || o.BufferBytes > 1<<30 {
		return fmt.Errorf("buffer of %d bytes: must be a power of two from %d to %d", o.BufferBytes, page, 1<<30)
	}
	if o.MaxArgs < 1 || o.MaxArgs > 4<<20 {
		return fmt.Errorf("argument limit of %d bytes: must be from 1 to %d", o.MaxArgs, 4<<20)
	}
	if least := o.MinBuffer(); o.BufferBytes < least {
		return fmt.Errorf("buffer of %d bytes: an exec with %d bytes of arguments needs at least %d", o.BufferBytes, o.MaxArgs, least)
	}
	return nil
}
