//go:build linux

package tracer

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

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
