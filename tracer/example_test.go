//go:build linux

package tracer_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// execs prints each exec and each new PID namespace as one line.
type execs struct{ w io.Writer }

func (e execs) Put(ev *events.Event) error {
	var err error
	switch ev.Kind {
	case events.Exec:
		_, err = fmt.Fprintf(e.w, "%s ran %s %q\n", ev.Process.Key, ev.Process.Exe, ev.Process.Args.Strings())
	case events.PidnsCreate:
		_, err = fmt.Fprintf(e.w, "%s made PID namespace %d\n", ev.Pidns.Creator.Key, ev.Pidns.NS.ID.Inum)
	}
	return err
}

func (execs) Flush() error { return nil }

// This program prints for ten seconds what the machine executes and which PID
// namespaces are born. It needs root, or CAP_BPF and CAP_PERFMON.
func Example() {
	kernel, err := tracer.Open(tracer.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer kernel.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// Derive numbers the kernel's events and adds those that follow from them.
	sink := tracer.Derive(tree.New(tree.Options{}), execs{os.Stdout})
	if err := tracer.Run(ctx, kernel, sink); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	stats, err := kernel.Stats()
	if err == nil {
		err = stats.Check()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "some events are unaccounted for:", err)
	}
}
