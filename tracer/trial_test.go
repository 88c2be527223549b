//go:build linux

package tracer

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestTrials: each program that Open would load is tried, and nothing stays behind,
// which RequireBPF looks for.
func TestTrials(t *testing.T) {
	kerneltest.RequireBPF(t)
	trials, err := TryPrograms(DefaultBuffer)
	if err != nil {
		t.Fatal(err)
	}
	spec, _, err := trialSpec(Options{Syscalls: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != len(spec.Programs) || len(trials) < 11 {
		t.Fatalf("%d trials of %d programs", len(trials), len(spec.Programs))
	}
	for _, trial := range trials {
		if trial.Err != nil || trial.Hook == "" || spec.Programs[trial.Program] == nil {
			t.Errorf("%+v", trial)
		}
		if trial.Iterator != (trial.Program == bpf.ProgSnapshot) {
			t.Errorf("%s: iterator is %t", trial.Program, trial.Iterator)
		}
	}
	if !slices.ContainsFunc(trials, func(t Trial) bool { return t.Program == bpf.ProgSysEnter }) {
		t.Error("the system calls' programs were not tried")
	}
	if err := TryTwice(); err != nil {
		t.Error(err)
	}
}

// TestTrialFails: a program that the kernel has no hook for is told by its error and
// keeps nothing loaded.
func TestTrialFails(t *testing.T) {
	kerneltest.RequireBPF(t)
	spec, types, err := trialSpec(Options{})
	if err != nil {
		t.Fatal(err)
	}
	spec.Programs[last].AttachTo = "no_such_tracepoint"
	if held, _, err := tryOne(spec, types, last); err == nil {
		t.Errorf("it was attached: %v", held.Close())
	}
	if _, _, err := tryOne(spec, types, "nobody"); err == nil {
		t.Error("a program that is not there was loaded")
	}
}
