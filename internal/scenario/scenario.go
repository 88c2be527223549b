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

	place func(testing.TB) string // makes the cgroup that is its first ARG
}

var all = []Scenario{
	{"T01", "tree", "one PID is used again and again (ARG times)", nil},
	{"T02", "recycle", "so few PIDs that all are used again and again (ARG births)", nil},
	{"T03", "threads", "a thread that is not the leader executes", nil},
	{"T04", "threads", "the leader ends, another thread lives on (ARG ms)", nil},
	{"T05", "threads", "four threads end at one moment, each by itself (ARG times)", nil},
	{"T06", "threads", "a thread faults and the process dumps core", nil},
	{"T07", "tree", "killed by signal 9 and exited with status 137", nil},
	{"T08", "tree", "vfork with exec, and with an exit while the parent exits too", nil},
	{"T09", "tree", "a daemon by double fork", nil},
	{"T10", "tree", "orphans go to a subreaper and then to init", nil},
	{"T11", "reparent", "subreapers set late, cleared, and without a leader", nil},
	{"T12", "reparent", "a parent ends with 64 threads, below 100 ancestors", nil},
	{"T13", "tree", "CLONE_PARENT: the creator is not the parent", nil},
	{"T14", "threads", "a parent-death signal by the end of a thread", nil},
	{"T15", "reparent", "a parent dies while its child has a debugger", nil},
	{"T16", "tree", "a parent that ignores SIGCHLD", nil},
	{"T17", "threads", "an io_uring worker: a thread that was never forked", nil},
	{"N01", "pidns", "PID 1 exits while members live", nil},
	{"N02", "pidns", "PID 1 exits by a thread that is not its leader", nil},
	{"N03", "pidns", "the PID 1 of the outer of two namespaces is killed", nil},
	{"N04", "pidns", "32 namespaces in one another, the next is refused", nil},
	{"N05", "pidns", "namespaces made and gone in a row (ARG of them)", nil},
	{"N06", "reparent", "entered from outside: new parents there, and a PID 1 that waits for them", nil},
	{"N07", "pidns", "a fork into a namespace whose PID 1 is dead", nil},
	{"N08", "pidns", "entered by setns: one level, two levels, and home again", nil},
	{"N09", "pidns", "reboot(2) in a child namespace", nil},
	{"N11", "reparent", "a PID 1 that ignores its orphans, and that nobody waits for", nil},
	{"N13", "cgroup", "cgroup.kill", kerneltest.Cgroup2},
	{"N14", "cgroup", "out of memory: a child, then the PID 1", func(t testing.TB) string {
		return kerneltest.LimitMemory(t, "8388608")
	}},
	{"S01", "exec", "arguments and a file name that would act on a terminal", nil},
	{"S02", "exec", "a process name of two lines", nil},
	{"S03", "exec", "arguments that are not UTF-8, and empty ones", nil},
	{"S04", "exec", "the longest argument, the most arguments, and none", nil},
	{"S06", "exec", "looks like a kernel thread", nil},
	{"S07", "exec", "an image in memory, one whose file is gone, and short names", nil},
	{"S08", "exec", "a script and scripts of scripts", nil},
	{"S09", "exec", "execs that fail, before and after the point of no return", nil},
}

// All returns every scenario, in the order of their ids' groups.
func All() []Scenario { return slices.Clone(all) }

// Start runs the scenario's program; nothing happens before its Go is called. The
// arguments are those that its description names. What it needs besides is made,
// and gone when the test is.
func Start(t testing.TB, id string, args ...string) *kerneltest.Helper {
	t.Helper()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("scenario %s: not known", id)
	}
	if place := all[i].place; place != nil {
		args = append([]string{place(t)}, args...)
	}
	return kerneltest.Start(t, all[i].Helper, id, args...)
}
