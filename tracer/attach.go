//go:build linux

package tracer

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// last is what is attached after all the others: a process whose birth was seen has
// its death seen, too. The reverse, a death without a birth, the snapshot mends.
const last = "task_newtask"

// attachAll attaches every loaded program but the iterator. The links belong to
// the process: they end with it, however it ends.
func attachAll(o *object) (links []link.Link, err error) {
	for _, name := range o.attachOrder() {
		l, err := attach(name, o.program(name))
		if err != nil {
			return nil, errors.Join(err, closeLinks(links))
		}
		links = append(links, l)
	}
	return links, nil
}

// attachOrder returns the programs' names, the one that tells births last.
func (o *object) attachOrder() []string {
	var names []string
	for _, part := range o.programs {
		for name := range part.Programs {
			if name != bpf.ProgSnapshot && name != last {
				names = append(names, name)
			}
		}
	}
	return append(names, last)
}

func attach(name string, prog *ebpf.Program) (link.Link, error) {
	l, err := link.AttachTracing(link.TracingOptions{Program: prog})
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
