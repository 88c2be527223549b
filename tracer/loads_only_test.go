//go:build linux

package tracer

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// requireCast asks for a kernel whose programs can do without probe reads. One without
// the cast proves it by its BTF.
func requireCast(t *testing.T) {
	t.Helper()
	kerneltest.RequireBPF(t)
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	var cast *btf.Func
	if err := kernel.TypeByName("bpf_rdonly_cast", &cast); errors.Is(err, btf.ErrNotFound) {
		t.Skip("this kernel has no bpf_rdonly_cast: Linux from 6.2 on has")
	} else if err != nil {
		t.Fatal(err)
	}
}

// facts is what a stream's events of the kernel say, by process, without what is each
// tracer's own.
func facts(t *testing.T, all []*events.Event) []string {
	t.Helper()
	all = slices.DeleteFunc(slices.Clone(all), func(ev *events.Event) bool { return ev.Kind.Derived() })
	slices.SortStableFunc(all, func(a, b *events.Event) int {
		return cmp.Compare(a.Process.Key.Start, b.Process.Key.Start)
	})
	var said []string
	for _, ev := range all {
		ev = ev.Clone()
		ev.Seq, ev.BootNS, ev.CPU = 0, 0, 0
		if ev.Exit != nil {
			ev.Exit.LifetimeNS = 0 // up to when the program looked at the clock
		}
		raw, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, ev.Kind.String()+" "+string(raw))
	}
	return said
}

// compareFacts fails the test with the first event that only one of them tells so.
func compareFacts(t *testing.T, probed, loaded []string) {
	t.Helper()
	if len(probed) == 0 || len(probed) != len(loaded) {
		t.Fatalf("events: %d by probe reads, %d by loads", len(probed), len(loaded))
	}
	for i := range probed {
		if probed[i] != loaded[i] {
			t.Fatalf("by probe reads:\n%s\nby loads:\n%s", probed[i], loaded[i])
		}
	}
}

// TestLoadsOnly: what is read as under lockdown=confidentiality is what two tracers at
// once agree about, to the last field.
func TestLoadsOnly(t *testing.T) {
	requireCast(t)
	for _, id := range []string{"T03", "T08", "T13", "N01", "N03", "N04", "N08", "S01", "S03", "S06", "S09"} {
		t.Run(id, func(t *testing.T) {
			c, opts := conformance[id], conformance[id].opts
			opts.loadsOnly = true
			var report kerneltest.Report
			var loaded []*events.Event
			probed := live(t, c.opts, func() {
				loaded = live(t, opts, func() { report = runScenario(t, id, c.args...) })
			})
			s := toldOf(t, report, loaded)
			s.checkReport()
			c.check(s)
			compareFacts(t, facts(t, toldOf(t, report, probed).events), facts(t, s.events))
		})
	}
}

// TestLoadsOnlySnapshot: who was there before, from a directory whose name is a whole
// number of words long to one that is no name's inline.
func TestLoadsOnlySnapshot(t *testing.T) {
	requireCast(t)
	sleeper := exec.Command("sleep", "1000")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { sleeper.Process.Kill(); sleeper.Wait() }()
	of := func(all []*events.Event) []string {
		return facts(t, slices.DeleteFunc(slices.Clone(all), func(ev *events.Event) bool {
			return ev.Kind != events.Snapshot || ev.Process.Key.PID != int32(sleeper.Process.Pid)
		}))
	}
	compareFacts(t, of(live(t, Options{}, func() {})), of(live(t, Options{loadsOnly: true}, func() {})))
}

// TestLoadsOnlyPaths: strings of every length around the bounds of words, chunks and rooms.
func TestLoadsOnlyPaths(t *testing.T) {
	requireCast(t)
	tool := kerneltest.CompileHelper(t, "nothing")
	binary, err := os.ReadFile(tool)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	parent := kerneltest.MakeCgroup(t, kerneltest.Cgroup2(t))
	var ran []string
	do := func() {
		for _, n := range []int{1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 63, 64, 127, 128, 129, 200, 254} {
			path := filepath.Join(dir, strings.Repeat("x", n))
			if err := errors.Join(os.MkdirAll(path, 0o755), os.WriteFile(filepath.Join(path, "run"), binary, 0o755)); err != nil {
				t.Fatal(err)
			}
			ran = append(ran, filepath.Join(path, "run"))
			exec.Command(filepath.Join(path, "run")).Run() // its status is its own affair
			group := filepath.Join(parent, strings.Repeat("y", n))
			if err := errors.Join(os.Mkdir(group, 0o755), os.Remove(group)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var loaded []*events.Event
	probed := live(t, Options{CgroupDirs: true}, func() {
		loaded = live(t, Options{CgroupDirs: true, loadsOnly: true}, do)
	})
	of := func(all []*events.Event) []string {
		return facts(t, slices.DeleteFunc(slices.Clone(all), func(ev *events.Event) bool {
			made := ev.Cgroup != nil && strings.Contains(ev.Cgroup.To.Path+ev.Cgroup.From.Path, filepath.Base(parent)+"/y")
			return !made && !slices.Contains(ran, ev.Process.Exe)
		}))
	}
	if n := len(of(loaded)); n < 4*len(ran)/2 {
		t.Errorf("events: %d of %d executions and as many cgroups", n, len(ran))
	}
	compareFacts(t, of(probed), of(loaded))
}
