package tree

import (
	"fmt"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"pgregory.net/rapid"
)

// run is one random history, applied as it comes, with some records lost
// or one doubled.
type run struct {
	t      *rapid.T
	k      *kernel
	m      *Model
	next   int                     // index in the log of the next record
	drop   int                     // index of the first record to lose, -1 none
	burst  int                     // how many to lose from there
	double int                     // index of the record to apply twice, -1 none
	late   int                     // how many records later the second time comes
	ghosts map[events.ProcKey]bool // whose exit was lost
	told   map[events.Kind]int
}

func newRun(t *rapid.T) *run {
	k := newKernel(rapid.Bool().Draw(t, "ids"))
	if rapid.Bool().Draw(t, "recycle") {
		k.maxPID = crowded + 4
	}
	k.shuffle = func(v []*task) {
		for i := len(v) - 1; i > 0; i-- {
			j := rapid.IntRange(0, i).Draw(t, "order")
			v[i], v[j] = v[j], v[i]
		}
	}
	return &run{t: t, k: k, m: New(Options{Keep: 4096}), drop: -1, double: -1,
		ghosts: map[events.ProcKey]bool{}, told: map[events.Kind]int{}}
}

func (r *run) apply(ev *events.Event) {
	err := r.m.Apply(ev.Clone(), func(e *events.Event) error { r.told[e.Kind]++; return nil })
	if err != nil {
		r.t.Fatalf("apply: %v", err)
	}
	r.wantTree()
}

// catchUp applies what the kernel wrote since the last time.
func (r *run) catchUp() {
	for ; r.next < len(r.k.log); r.next++ {
		ev := r.k.log[r.next]
		if r.drop >= 0 && r.next >= r.drop && r.next < r.drop+r.burst {
			if ev.Kind == events.Exit {
				r.ghosts[ev.Process.Key] = true
			}
			r.apply(&events.Event{Kind: events.Lost, BootNS: ev.BootNS, Lost: &events.LostDetail{Count: 1}})
			continue
		}
		r.apply(ev)
		if r.double >= 0 && r.next == r.double+r.late {
			r.apply(r.k.log[r.double])
		}
	}
}

// step lets the machine do one random thing.
func (r *run) step() {
	k := r.k
	var live []*task
	for _, t := range k.tasks {
		if !t.dead {
			live = append(live, t)
		}
	}
	pick := func(name string) *task { return live[rapid.IntRange(0, len(live)-1).Draw(r.t, name)] }
	t := pick("task")
	op := rapid.IntRange(0, 12).Draw(r.t, "op")
	if len(live) >= crowded && op < 5 {
		return
	}
	switch op {
	case 0, 1, 2:
		k.fork(t, 0)
	case 3:
		k.fork(t, cloneNewPID)
	case 4:
		if t != k.init {
			k.fork(t, cloneParent)
		}
	case 5:
		k.unshare(t)
	case 6:
		k.setns(t, pick("into"))
	case 7:
		k.becomeSubreaper(t)
	case 12:
		t.subreaper = false // of those born before, the kernel still looks for one
	case 8:
		k.exec(t, fmt.Sprintf("/bin/%d", len(k.log)))
	case 9:
		k.kill(pick("sender"), t, 15)
	default:
		if t != k.init {
			k.exit(t, events.ExitStatus{Code: op})
		}
	}
}

// wantTree checks what must hold whatever was lost: one tree, no cycle, and every
// parent older than its child.
func (r *run) wantTree() {
	n := 0
	for p := range r.m.All() {
		if n++; n > r.m.known {
			break
		}
		if parent, ok := p.Parent(); ok && !older(parent.Key, p.Key) {
			r.t.Fatalf("%v is a child of %v", p.Key, parent.Key)
		}
	}
	if n != r.m.known {
		r.t.Fatalf("the walk finds %d of %d", n, r.m.known)
	}
}

// wantTrue checks that the model claims nothing that is not so. Exactly what is
// so when whole is set.
func (r *run) wantTrue(whole bool) {
	truth := map[events.ProcKey]*task{}
	live := 0
	for _, t := range r.k.tasks {
		truth[t.key] = t
		if !t.dead {
			live++
		}
	}
	for p := range r.m.Processes() {
		t := truth[p.Key]
		if t == nil || t.dead && (whole || !r.ghosts[p.Key]) {
			r.t.Fatalf("%v lives only in the model", p.Key)
		}
		sure := r.m.Certainty(p)
		if t.dead || t.parent == nil || sure < Predicted && !whole {
			continue
		}
		parent, _ := p.Parent()
		if parent == nil || parent.Key != t.parent.key {
			r.t.Fatalf("%v is %v a child of %v, and really of %v", p.Key, sure, parent, t.parent.key)
		}
		if whole && (p.ns == nil || p.ns.ID != t.ns.id || p.ns.Init.Key != t.ns.reaper.key || p.ns.Dying() != t.ns.dying) {
			r.t.Fatalf("%v is in %+v, and really in %+v", p.Key, p.ns, t.ns)
		}
	}
	if whole && r.m.Stats().Live != live {
		r.t.Fatalf("%d live, and really %d", r.m.Stats().Live, live)
	}
	r.wantMembers()
}

// wantEdges checks that who is known to be whose child is that.
func (r *run) wantEdges() {
	truth := map[events.ProcKey]*task{}
	for _, t := range r.k.tasks {
		truth[t.key] = t
	}
	for p := range r.m.Processes() {
		t, sure := truth[p.Key], r.m.Certainty(p)
		if t.dead || t.parent == nil || sure < Predicted {
			continue
		}
		if parent, _ := p.Parent(); parent == nil || parent.Key != t.parent.key {
			r.t.Fatalf("%v is %v a child of %v, and really of %v", p.Key, sure, parent, t.parent.key)
		}
	}
}

// wantMembers checks the counts of the namespaces against a count by hand.
func (r *run) wantMembers() {
	members := map[*Namespace]int{}
	for p := range r.m.Processes() {
		for ns := p.ns; ns != nil; ns = ns.Parent {
			members[ns]++
		}
	}
	for ns := range r.m.Namespaces() {
		if ns.Members != members[ns] {
			r.t.Fatalf("%d members, counted %d", ns.Members, members[ns])
		}
	}
}

const (
	steps   = 60 // of one history
	crowded = 16 // so many live at once
)

// The whole truth from the whole stream, and no forecast was wrong.
func TestPropertyWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun(t)
		for range steps {
			r.step()
			r.catchUp()
			r.wantTrue(true)
		}
		if n := r.m.Stats().Mispredicted; n != 0 {
			t.Fatalf("%d mispredicted", n)
		}
		if created, ended := r.told[events.PidnsCreate], r.told[events.PidnsDestroy]; created-ended != len(namespaces(r.m))-1 {
			t.Fatalf("%d created, %d ended, %d left", created, ended, len(namespaces(r.m)))
		}
	})
}

// R02: any one record lost, or a few in a row: never a wrong claim, and the truth after a resync.
func TestPropertyDropped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun(t)
		r.drop = rapid.IntRange(2, 2*steps).Draw(t, "drop")
		r.burst = rapid.IntRange(1, 8).Draw(t, "burst")
		for range steps {
			r.step()
			r.catchUp()
			r.wantTrue(false)
		}
		r.drop = -1
		r.k.snapshot()
		r.catchUp()
		r.wantTrue(true)
	})
}

// Any one record twice, at once or late, changes nothing.
func TestPropertyDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun(t)
		r.double = rapid.IntRange(0, 2*steps).Draw(t, "double")
		r.late = rapid.IntRange(0, 20).Draw(t, "late")
		once := newRun(t)
		once.k = r.k
		for range steps {
			r.step()
			r.catchUp()
			once.catchUp()
			r.wantTrue(true)
		}
		for kind := events.PidnsCreate; kind <= events.Reparent; kind++ {
			if r.told[kind] != once.told[kind] {
				t.Fatalf("%v told %d times, want %d", kind, r.told[kind], once.told[kind])
			}
		}
	})
}

// R15, N16: a pass is ahead of the records that waited while it ran, at the start
// or after a gap. Births and ends are told once each, and the end is the truth.
func TestPropertyPassAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun(t)
		fromStart := rapid.Bool().Draw(t, "fromStart")
		for range steps / 2 {
			r.step()
			if !fromStart {
				r.catchUp()
			}
		}
		if fromStart {
			r.next = len(r.k.log) // nobody was listening
		}
		for range rapid.IntRange(0, steps/2).Draw(t, "waiting") {
			r.step()
		}
		seen := len(r.k.log)
		r.k.snapshot()
		for _, ev := range r.k.log[seen:] {
			r.apply(ev)
		}
		r.k.log = r.k.log[:seen]
		want := map[events.Kind]int{events.Fork: r.told[events.Fork], events.Exit: r.told[events.Exit]}
		for _, ev := range r.k.log[r.next:] {
			want[ev.Kind]++
		}
		r.catchUp()
		for _, kind := range []events.Kind{events.Fork, events.Exit} {
			if r.told[kind] != want[kind] {
				t.Fatalf("%v told %d times, want %d", kind, r.told[kind], want[kind])
			}
		}
		r.wantTrue(true)
	})
}
