//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// The births of processes are counted twice, by task_newtask and, independently,
// by sched_process_fork, so that the end of a run can prove that none was missed.
// A fork passes the first, then the second: both count only the tasks that were
// born in a span that begins after the count is open and ends before it is closed.

// birthMargin is how far ahead the span begins.
const birthMargin = 10 * time.Millisecond

// openBirths opens the span. On a machine so busy that the beginning was past
// before the programs could know it, it tries again.
func (k *Kernel) openBirths() error {
	for range 10 {
		from := Now() + uint64(birthMargin)
		if err := k.setBirths(bpf.VarCountFrom, from); err != nil {
			return err
		}
		if Now() < from {
			k.birthsFrom = from
			return nil
		}
		if err := k.setBirths(bpf.VarCountFrom, math.MaxUint64); err != nil {
			return err
		}
		time.Sleep(birthMargin)
		s, err := k.Stats()
		if err != nil {
			return err
		}
		k.birthBase.newtask += s.BirthsNewtask
		k.birthBase.fork += s.BirthsFork
	}
	return errors.New("birth count: the machine is too busy to begin it")
}

// AwaitBirths returns once births are counted, at the latest 10 ms after Open: who
// is born from then on is in the count.
func (k *Kernel) AwaitBirths() {
	if now := Now(); now < k.birthsFrom {
		time.Sleep(time.Duration(k.birthsFrom - now))
	}
}

// closeBirths closes the span while both programs are attached, and waits until a
// fork that is between the two has passed the second. The end, too, lies ahead: one
// that were past before the programs know it would have a birth counted by the first
// alone.
func (k *Kernel) closeBirths() error {
	if err := k.setBirths(bpf.VarCountUntil, Now()+uint64(birthMargin)); err != nil {
		return err
	}
	time.Sleep(birthMargin)
	for range 500 {
		s, err := k.Stats()
		if err != nil || s.BirthsNewtask == s.BirthsFork {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}

func (k *Kernel) setBirths(variable string, ns uint64) error {
	if err := k.obj.maps.Variables[variable].Set(ns); err != nil {
		return fmt.Errorf("birth count: %w", err)
	}
	return nil
}
