//go:build linux

package tracer_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/oracle"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// checkEvery is how many operations are between two comparisons.
const checkEvery = 50

// TestDifferential runs random workloads and compares, whenever they pause, what
// the tree of the live kernel says with what the workload knows of itself, and so
// with a tree that recalls what the first one told.
// ORACLE_STEPS says how many operations, ORACLE_SEED which; the seed is printed and
// a failure is shrunk to the operations that it needs.
func TestDifferential(t *testing.T) {
	steps := fromEnv(t, "ORACLE_STEPS", 6000)
	seed := fromEnv(t, "ORACLE_SEED", uint64(time.Now().UnixNano())>>10)
	setFlags(t, map[string]string{
		"rapid.seed": fmt.Sprint(seed), "rapid.checks": fmt.Sprint(max(1, steps/120)),
		"rapid.nofailfile": "true",
	})
	t.Logf("ORACLE_SEED=%d ORACLE_STEPS=%d", seed, steps)
	kerneltest.RequireBPF(t)
	images, err := oracle.Images(kerneltest.CompileHelper(t, "oracle"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := openDifferential(t)
	defer d.kernel.Close()
	defer d.summary(t)
	rapid.Check(t, func(rt *rapid.T) {
		ops := oracle.Workload().Draw(rt, "operations")
		if differences := d.run(t, images, ops); len(differences) > 0 {
			rt.Fatalf("%s\noperations: %v", strings.Join(differences, "\n"), needed(ops))
		}
	})
}

// TestDifferentialCanFail: a single wrong parent in what the tracer says is seen.
func TestDifferentialCanFail(t *testing.T) {
	kerneltest.RequireBPF(t)
	images, err := oracle.Images(kerneltest.CompileHelper(t, "oracle"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := openDifferential(t)
	defer d.kernel.Close()
	ops := []oracle.Op{{Kind: oracle.Fork}, {Kind: oracle.Fork, A: 1}, {Kind: oracle.Exit, A: 0}}
	if differences := d.run(t, images, ops); len(differences) != 0 {
		t.Fatalf("differences without a mistake: %q", differences)
	}
	d.witness.distort = func(told *oracle.Life) {
		if len(told.Adoptions) > 0 {
			told.Parent = told.Under
		}
	}
	differences := d.run(t, images, ops)
	if len(differences) != 3 || !strings.Contains(differences[0], ": parent: told") {
		t.Errorf("differences with one wrong parent: %q, want that one, when, and the counts", differences)
	}
}

// needed leaves out the operations that do nothing.
func needed(ops []oracle.Op) []oracle.Op {
	return slices.DeleteFunc(slices.Clone(ops), func(op oracle.Op) bool { return op.Kind == oracle.Rest })
}

// differential is one tracer that sees one workload after the other.
type differential struct {
	kernel   *tracer.Kernel
	model    *tree.Model
	witness  *witness
	recalled recalled
	marks    int
	done     map[oracle.Kind]int
	checks   int
	lives    int
}

// recalled is a witness of a model that knows only what another told.
type recalled struct{ *witness }

func (r recalled) Put(ev *events.Event) error {
	r.model.Recall(ev)
	return r.witness.Put(ev)
}

func openDifferential(t *testing.T) *differential {
	t.Helper()
	kernel, err := tracer.Open(tracer.Options{Threads: true, BufferBytes: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	keep := tree.Options{Keep: 1 << 14}
	model := tree.New(keep)
	return &differential{
		kernel: kernel, model: model, witness: newWitness(model),
		recalled: recalled{newWitness(tree.New(keep))}, done: map[oracle.Kind]int{},
	}
}

// run performs the operations and returns the differences of the first comparison
// that has any. The oracle's own failure ends the test.
func (d *differential) run(t *testing.T, images []string, ops []oracle.Op) []string {
	t.Helper()
	dir, err := os.MkdirTemp("", "oracle")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	d.witness.reset()
	d.recalled.reset()
	w, err := oracle.Start(images, dir)
	if err != nil {
		t.Fatal(err)
	}
	differences := d.perform(t, w, ops)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if len(differences) == 0 {
		differences = d.afterwards(t, w)
	}
	if told := d.model.Stats(); told.Mispredicted+told.Refused > 0 {
		differences = append(differences, fmt.Sprintf("new parents told wrong: %+v", told))
	}
	if len(differences) > 0 {
		stats, err := d.kernel.Stats()
		differences = append(differences, fmt.Sprintf("records: %+v %v", stats.ByKind, err))
	}
	return differences
}

func (d *differential) perform(t *testing.T, w *oracle.World, ops []oracle.Op) []string {
	t.Helper()
	for i, op := range ops {
		if err := w.Do(op); err != nil {
			w.Close()
			t.Fatalf("%v\nafter %v", err, needed(ops[:i]))
		}
		if (i+1)%checkEvery != 0 && i+1 < len(ops) {
			continue
		}
		if differences := d.compare(t, w); len(differences) > 0 {
			return append(differences, fmt.Sprintf("after operation %d of the workload", i))
		}
	}
	for kind, n := range w.Done() {
		d.done[kind] += n
	}
	return nil
}

// afterwards looks whether all processes ended, each once, when the whole crowd was
// killed at one moment: the keeper was the last.
func (d *differential) afterwards(t *testing.T, w *oracle.World) []string {
	t.Helper()
	keeper := w.Keeper()
	d.drain(t, "the keeper's end", func() bool { return d.witness.ended == keeper })
	var differences []string
	for key, c := range d.witness.counts {
		if p, ok := d.model.Process(key); d.witness.ours[idOf(key)] && (!ok || p.State != tree.Exited || c.exits != 1) {
			differences = append(differences, fmt.Sprintf("process %v: %d exits, now %+v", key, c.exits, p))
		}
	}
	return differences
}

// compare brings the tracer to this moment and returns what it has wrong.
func (d *differential) compare(t *testing.T, w *oracle.World) []string {
	t.Helper()
	d.marks++
	mark := fmt.Sprintf("m%d-%d", os.Getpid(), d.marks) // others may do the same now
	if err := w.Rename(mark); err != nil {
		t.Fatal(err)
	}
	lives, err := w.Lives()
	if err != nil {
		t.Fatal(err)
	}
	d.drain(t, mark, func() bool { return d.witness.name == mark })
	d.checks++
	d.lives = max(d.lives, len(lives))
	differences := d.witness.compare(w, lives)
	for _, line := range d.recalled.compare(w, lives) {
		differences = append(differences, "recalled: "+line)
	}
	return differences
}

// drain reads until something is there: all that was recorded before is then known.
func (d *differential) drain(t *testing.T, what string, there func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	sink := tracer.Derive(d.model, d.witness, d.recalled)
	for !there() {
		ev, err := d.kernel.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if ev == nil {
			continue
		}
		if err := sink.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if d.witness.lost > 0 {
		t.Fatalf("%d records lost: nothing can be compared", d.witness.lost)
	}
}

// summary says what was done, and that each record was told or counted.
func (d *differential) summary(t *testing.T) {
	t.Helper()
	steps := 0
	for _, kind := range slices.Sorted(maps.Keys(d.done)) {
		steps += d.done[kind]
		t.Logf("%6d × %v", d.done[kind], kind)
	}
	t.Logf("%d operations, %d comparisons of up to %d processes; machine-wide %+v", steps, d.checks, d.lives, d.model.Stats())
	stats, err := d.kernel.Stats()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range stats.ByKind {
		if c.Missed > 0 {
			t.Errorf("%v: %d records missed: the program ran already on that CPU", kind, c.Missed)
		}
	}
}
