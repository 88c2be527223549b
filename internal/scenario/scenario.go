// Package scenario lists the behaviours of processes that a tracer must tell
// right, and which program of testdata/helpers provokes each. Their ids are in the
// names of the tests: T threads, identity and parents, N PID namespaces, S names
// and arguments.
//
// It must not know the tracer. Its own tests run every scenario untraced and prove
// that what the programs report is true and complete.
package scenario

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// Scenario is one behaviour and the program that provokes it.
type Scenario struct {
	ID     string
	Helper string // the program in testdata/helpers, without .c
	What   string
}

var all = []Scenario{
	{"T01", "tree", "one PID is used again and again (ARG times)"},
	{"T03", "threads", "a thread that is not the leader executes"},
	{"T04", "threads", "the leader ends, another thread lives on (ARG ms)"},
	{"T05", "threads", "four threads end at one moment, each by itself (ARG times)"},
	{"T06", "threads", "a thread faults and the process dumps core"},
	{"T07", "tree", "killed by signal 9 and exited with status 137"},
	{"T08", "tree", "vfork with exec, and with an exit while the parent exits too"},
	{"T09", "tree", "a daemon by double fork"},
	{"T10", "tree", "orphans go to a subreaper and then to init"},
	{"T13", "tree", "CLONE_PARENT: the creator is not the parent"},
	{"T14", "threads", "a parent-death signal by the end of a thread"},
	{"T16", "tree", "a parent that ignores SIGCHLD"},
	{"T17", "threads", "an io_uring worker: a thread that was never forked"},
	{"N01", "pidns", "PID 1 exits while members live"},
	{"N02", "pidns", "PID 1 exits by a thread that is not its leader"},
	{"N03", "pidns", "the PID 1 of the outer of two namespaces is killed"},
	{"N04", "pidns", "32 namespaces in one another, the next is refused"},
	{"N05", "pidns", "namespaces made and gone in a row (ARG of them)"},
	{"N07", "pidns", "a fork into a namespace whose PID 1 is dead"},
	{"N08", "pidns", "entered by setns: one level, two levels, and home again"},
	{"N09", "pidns", "reboot(2) in a child namespace"},
	{"S01", "exec", "arguments and a file name that would act on a terminal"},
	{"S02", "exec", "a process name of two lines"},
	{"S03", "exec", "arguments that are not UTF-8, and empty ones"},
	{"S04", "exec", "the longest argument, the most arguments, and none"},
	{"S06", "exec", "looks like a kernel thread"},
	{"S07", "exec", "an image in memory, one whose file is gone, and short names"},
	{"S08", "exec", "a script and scripts of scripts"},
	{"S09", "exec", "execs that fail, before and after the point of no return"},
}

// All returns every scenario, in the order of their ids' groups.
func All() []Scenario { return slices.Clone(all) }

// Start runs the scenario's program; nothing happens before its Go is called. The
// arguments are those that its description names.
func Start(t testing.TB, id string, args ...string) *kerneltest.Helper {
	t.Helper()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("scenario %s: not known", id)
	}
	return kerneltest.Start(t, all[i].Helper, id, args...)
}
