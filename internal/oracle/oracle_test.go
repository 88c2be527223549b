package oracle

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// Without a tracer: every kind of operation can be performed, and what the World
// expected of the dead is what waitid tells their parents.
func TestWorldIsTrue(t *testing.T) {
	kerneltest.RequireRoot(t)
	images, err := Images(kerneltest.CompileHelper(t, "oracle"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.CheckLeaks(t)
	done := map[Kind]int{}
	waited, again, runcs := 0, 0, 0
	for seed := range 12 {
		w, err := Start(images, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range Workload().Example(seed + 1) {
			if err := w.Do(op); err != nil {
				t.Errorf("seed %d: %v", seed+1, err)
				break
			}
		}
		if _, err := w.Lives(); err != nil {
			t.Error(err)
		}
		for _, n := range w.nodes {
			if n.waited {
				waited++
			}
			if n.isInit() && n.Creator != n.Under {
				runcs++
			}
		}
		again += recycled(w.nodes)
		for kind, count := range w.Done() {
			done[kind] += count
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, kind := range Kinds() {
		if done[kind] == 0 && (kind != FewPIDs || pidMaxPerNamespace()) {
			t.Errorf("%v: never performed", kind)
		}
	}
	if waited < 50 || runcs == 0 {
		t.Errorf("%d of the dead were waited for, want at least 50; %d inits made for the creator's parent", waited, runcs)
	}
	if again == 0 && pidMaxPerNamespace() {
		t.Error("in no namespace with few PIDs was one used again")
	}
}

// recycled counts the PIDs that were used again where they were made few: there, and
// nowhere else in a namespace of the workload, they begin at 300.
func recycled(nodes []*node) (count int) {
	seen := map[Number]bool{}
	for _, n := range nodes {
		if n.level() == 0 || n.own().PID < 300 {
			continue
		}
		if seen[n.own()] {
			count++
		}
		seen[n.own()] = true
	}
	return count
}

// A tracer that is wrong about anything is told so.
func TestDiffSeesEveryField(t *testing.T) {
	living := Life{
		ID: ID{10, 1}, Creator: ID{2, 0}, Under: ID{3, 0}, Parent: ID{4, 0}, Alive: true, Execs: 1,
		Adoptions: []Adoption{{ID{4, 0}, "subreaper"}}, Chain: []Number{{1, 10}, {2, 1}},
		Comm: "comm", Exe: "/exe", Args: "a\x00", TIDs: []int{11},
	}
	dead := Life{
		ID: ID{20, 1}, Creator: ID{2, 0}, Under: ID{3, 0}, Chain: []Number{{1, 20}},
		Status: Status{Signal: 9}, Killer: Killer{"user", ID{2, 0}, false}, Reaped: true,
	}
	for _, c := range []struct {
		what  string
		truth Life
		wrong func(*Life)
	}{
		{"alive", living, func(l *Life) { l.Alive = false }},
		{"creator", living, func(l *Life) { l.Creator.PID++ }},
		{"parent at birth", living, func(l *Life) { l.Under.Ticks++ }},
		{"parent", living, func(l *Life) { l.Parent.PID++ }},
		{"adoptions", living, func(l *Life) { l.Adoptions = []Adoption{{ID{4, 0}, "init"}} }},
		{"adoptions", living, func(l *Life) { l.Adoptions = append(l.Adoptions, l.Adoptions[0]) }},
		{"PID chain", living, func(l *Life) { l.Chain = []Number{{1, 10}, {3, 1}} }},
		{"execs", living, func(l *Life) { l.Execs = 2 }},
		{"comm", living, func(l *Life) { l.Comm = "" }},
		{"exe", living, func(l *Life) { l.Exe = "/other" }},
		{"args", living, func(l *Life) { l.Args = "a" }},
		{"threads", living, func(l *Life) { l.TIDs = nil }},
		{"status", dead, func(l *Life) { l.Status.Code = 1 }},
		{"killer", dead, func(l *Life) { l.Killer.Origin = "kernel" }},
		{"killer", dead, func(l *Life) { l.Killer.Sender.PID = 3 }},
		{"killer", dead, func(l *Life) { l.Killer.ParentDeath = true }},
		{"reaped", dead, func(l *Life) { l.Reaped = false }},
	} {
		told := c.truth
		if d := c.truth.Diff(&told); len(d) != 0 {
			t.Errorf("%s: the truth differs from itself: %v", c.what, d)
		}
		c.wrong(&told)
		if d := c.truth.Diff(&told); len(d) != 1 || !strings.HasPrefix(d[0], c.what) {
			t.Errorf("%s: differences %q, want one", c.what, d)
		}
	}
}
