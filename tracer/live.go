//go:build linux

package tracer

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Derive returns a sink that folds raw events into the model and hands them, with
// those that follow from them and numbered in the order of the stream, to sinks.
func Derive(model *tree.Model, sinks ...events.Sink) events.Sink {
	d := &deriver{model: model, sinks: sinks}
	d.tell = func(ev *events.Event) error {
		for _, s := range d.sinks {
			if err := s.Put(ev); err != nil {
				return err
			}
		}
		return nil
	}
	return d
}

type deriver struct {
	model *tree.Model
	sinks []events.Sink
	tell  func(*events.Event) error
}

func (d *deriver) Put(ev *events.Event) error { return d.model.Apply(ev, d.tell) }

func (d *deriver) Flush() error { return flush(d.sinks) }

// Header returns the first line of the stream; Version and Options are left to
// the caller.
func (k *Kernel) Header() (*events.Header, error) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return nil, fmt.Errorf("kernel version: %w", err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, fmt.Errorf("boot id: %w", err)
	}
	return &events.Header{
		Host:       unix.ByteSliceToString(uts.Nodename[:]),
		Kernel:     unix.ByteSliceToString(uts.Release[:]),
		BootID:     strings.TrimSpace(string(boot)),
		BootTimeNS: bootTime(time.Now, Now),
		StartNS:    k.startNS,
		TracerPID:  k.self,
		PidnsInum:  initialPidns,
	}, nil
}
