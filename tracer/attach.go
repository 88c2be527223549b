//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// hasSyscall reports whether this architecture has the program's system call.
func hasSyscall(program string) bool {
	_, call := syscallOf(program)
	if call == "fork" || call == "vfork" {
		return runtime.GOARCH == "amd64"
	}
	return true
}

// attachAll attaches every loaded program but the iterator. The links belong to
// the process: they end with it, however it ends.
func attachAll(o *object) (links []link.Link, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, closeLinks(links))
			links = nil
		}
	}()
	for _, part := range o.programs {
		for name, prog := range part.Programs {
			if name == bpf.ProgSnapshot {
				continue
			}
			l, err := attach(name, prog)
			if err != nil {
				return links, err
			}
			links = append(links, l)
		}
	}
	return links, nil
}

func attach(name string, prog *ebpf.Program) (link.Link, error) {
	if prog.Type() != ebpf.TracePoint {
		l, err := link.AttachTracing(link.TracingOptions{Program: prog})
		if err != nil {
			return nil, whyNot("attaching "+name, err)
		}
		return l, nil
	}
	prefix, call := syscallOf(name)
	l, err := link.Tracepoint("syscalls", prefix+call, prog, nil)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &NotPossibleError{
			Missing: "there is no tracepoint syscalls/" + prefix + call,
			Fix:     "mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing), or trace without system calls",
			Err:     err,
		}
	}
	if err != nil {
		return nil, whyNot("attaching "+name, err)
	}
	return l, nil
}

func closeLinks(links []link.Link) error {
	var errs []error
	for _, l := range links {
		if err := l.Close(); err != nil {
			errs = append(errs, fmt.Errorf("detach: %w", err))
		}
	}
	return errors.Join(errs...)
}
