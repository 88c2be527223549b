//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// Whoever has a record has his death seen, too: deaths are attached first. And whose
// birth was seen has all seen: births are attached last. The reverse, a death without a
// birth, the snapshot mends.
const last = "task_newtask"

func isFirst(name string) bool { return name == bpf.ProgExit || name == bpf.ProgExitOld }

// Programs of one tracepoint run in the order in which they were attached: who is shown
// is told before what he does.
func isEarly(name string) bool {
	return name == bpf.ProgShowSender || name == bpf.ProgShowMaker || name == renames
}

// renames are attached before execs: whose exec was seen has its rename seen, too, which says
// what the process was before.
const renames = "task_rename"

// attachAll attaches every loaded program but the iterator. The links belong to
// the process: they end with it, however it ends.
func (k *Kernel) attachAll() error {
	for _, name := range k.obj.attachOrder() {
		l, err := k.steps.attach(name)
		if err != nil {
			return err // Close detaches the others
		}
		k.links = append(k.links, l)
	}
	return nil
}

func (k *Kernel) attach(name string) (link.Link, error) { return attach(name, k.obj.program(name)) }

// attachOrder returns the programs' names, deaths first and births last.
func (o *object) attachOrder() []string {
	var first, early, names []string
	for _, part := range o.programs {
		for name := range part.Programs {
			switch {
			case name == bpf.ProgSnapshot || name == last:
			case isFirst(name):
				first = append(first, name)
			case isEarly(name):
				early = append(early, name)
			default:
				names = append(names, name)
			}
		}
	}
	return append(slices.Concat(first, early, names), last)
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
