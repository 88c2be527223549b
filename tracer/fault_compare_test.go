//go:build linux

package tracer

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/oracle"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// isDead reports whether a process is gone or waits to be reaped.
func isDead(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err != nil || strings.Contains(string(status), "\nState:\tZ") || strings.Contains(string(status), "\nState:\tX")
}

func (f *faulty) workload(images []string) {
	t := f.t
	t.Helper()
	dir, err := os.MkdirTemp("", "oracle")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := oracle.Start(images, dir)
	if err != nil {
		t.Fatal(err)
	}
	seed := int(time.Now().UnixNano() >> 10)
	t.Logf("seed %d", seed)
	for i, op := range oracle.Workload().Example(seed) {
		if err := w.Do(op); err != nil {
			w.Close()
			t.Fatal(err)
		}
		if i%40 == 39 {
			f.compare(w, i)
		}
	}
	lives, err := w.Lives()
	if err = firstError(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	f.heal()
	told := f.byID()
	for _, l := range lives {
		for _, p := range told[l.ID] {
			if p.State == tree.Live {
				t.Errorf("%v: lives on when all are dead", p.Key)
			}
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// compare looks at the model before and after a resync.
func (f *faulty) compare(w *oracle.World, at int) {
	f.t.Helper()
	mark := fmt.Sprintf("r%d-%d", os.Getpid()%100000, at)
	if err := w.Rename(mark); err != nil {
		f.t.Fatal(err)
	}
	f.until(mark, func() bool { return f.name == mark })
	f.name = ""
	lives, err := w.Lives()
	if err != nil {
		f.t.Fatal(err)
	}
	f.check(lives, fmt.Sprintf("operation %d, in the gap", at), false)
	f.heal()
	f.check(lives, fmt.Sprintf("operation %d, after the resync", at), true)
}

// byID finds what the model has under the name that /proc gives a process.
func (f *faulty) byID() map[oracle.ID][]*tree.Process {
	told := map[oracle.ID][]*tree.Process{}
	for p := range f.model.All() {
		id := oracle.ID{PID: int(p.Key.PID), Ticks: p.Key.Start / clockTick}
		told[id] = append(told[id], p)
	}
	return told
}

// check compares with the workload's truth: exactly when the model has seen all
// processes, else only what it is sure of.
func (f *faulty) check(lives []oracle.Life, when string, exact bool) {
	f.t.Helper()
	told := f.byID()
	alive := map[oracle.ID]bool{}
	for i := range lives {
		if l := &lives[i]; l.Alive {
			alive[l.ID] = true
			f.checkAlive(l, told[l.ID], when, exact)
		}
	}
	for _, l := range lives {
		if alive[l.ID] {
			continue
		}
		for _, p := range told[l.ID] {
			if p.State == tree.Live && (exact || f.kind != events.Exit) {
				f.t.Errorf("%s: %v lives, but is dead", when, p.Key)
			}
		}
	}
}

func (f *faulty) checkAlive(l *oracle.Life, told []*tree.Process, when string, exact bool) {
	f.t.Helper()
	told = slices.DeleteFunc(slices.Clone(told), func(p *tree.Process) bool { return p.State != tree.Live })
	if len(told) != 1 {
		if exact || len(told) > 1 {
			f.t.Errorf("%s: process %v is there %d times", when, l.ID, len(told))
		}
		return
	}
	p := told[0]
	var chain []oracle.Number
	for _, e := range p.Chain() {
		chain = append(chain, oracle.Number{Inum: e.NS.Inum, PID: int(e.PID)})
	}
	if l.Chain != nil && !slices.Equal(chain, l.Chain) {
		f.t.Errorf("%s: process %v has the PIDs %v, want %v", when, l.ID, chain, l.Chain)
	}
	var parent oracle.ID
	if up, ok := p.Parent(); ok {
		parent = oracle.ID{PID: int(up.Key.PID), Ticks: up.Key.Start / clockTick}
	}
	sure := f.model.Certainty(p)
	if parent != l.Parent && (exact || sure > tree.Inferred) {
		f.t.Errorf("%s: process %v has the parent %v (%v), want %v", when, l.ID, parent, sure, l.Parent)
	}
	if !exact {
		return
	}
	if sure < tree.Predicted {
		f.t.Errorf("%s: the parent of process %v is %v, but it was looked at", when, l.ID, sure)
	}
	if p.Comm != l.Comm || p.Image() == nil || p.Image().Exe != l.Exe {
		f.t.Errorf("%s: process %v is %q with %+v, want %q with %q", when, l.ID, p.Comm, p.Image(), l.Comm, l.Exe)
	}
}
