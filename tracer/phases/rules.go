package phases

import "github.com/ptrace-ns/ptrace-ns/events/report"

// mark is a point in a process's life.
type mark uint8

const (
	never       mark = iota
	born             // its fork
	starts           // it begins to run the program of its part
	ends             // its exit
	adopted          // it got another parent
	cgroupMade       // it made the container's cgroup
	cgroupGone       // it removed that
	cgroupEnter      // it was moved into it
	bornInside       // it was born in it: clone3 with CLONE_INTO_CGROUP, which crun uses
	unshared         // it called unshare for new namespaces
	pidnsMade        // its birth made the PID namespace
	pivoted          // it called pivot_root
	entry            // it executes the entrypoint
	emptied          // nothing lives any more in the PID namespace whose PID 1 it was
	signalled        // it gets a signal: one of those that end, or one from a runtime
)

// point is a mark in the life of one who has a part.
type point struct {
	who part
	at  mark
}

// need is what must have been asked for, so that the stream can show a phase.
type need uint8

const (
	nothing     need = iota
	syscalls         // watch --syscalls
	cgroupDirs       // watch -e +cgroup_mkdir,+cgroup_rmdir
	ownPidns         // a PID namespace of its own
	aStarter         // a shim that was started by another
	anOwnShim        // a shim that was started for this container
	aStart           // births and execs of the start itself
	ociRuntime       // who made it is called as the OCI runtimes are
	otherMaker       // who made it is not
	aLongMaker       // … and stays until the container's end, as runc run does
	aShortMaker      // … and leaves the init to another, as runc create does
)

// rule is one phase: from a point to the earliest of others. Without the latter it is
// a moment.
type rule struct {
	name    string
	section report.Section
	from    point
	until   []point
	// verb is the command that the process must have been called with.
	verb string
	// when says to which starts it belongs at all.
	when []need
	// absent says that a start of this kind always has it, so that its absence is
	// told.
	absent bool
	// early says when it belongs to the run all the same.
	early early
}

// early is until when what may belong to the end belongs to the run.
type early uint8

const (
	neverEarly early = iota
	aliveYet         // the init has not ended
	notYetTold       // nor has it been asked or told to end: see turn
)

// rules are the phases of all runtimes that are known, and the milestones of all
// others. The table's order is that of a start where nothing runs side by side.
var rules = []rule{
	{name: "asked", section: report.Starting, from: point{client, starts},
		until: []point{{starter, born}, {shim, born}, {runtime, born}}},
	{name: "shim_start", section: report.Starting, from: point{starter, starts}, until: []point{{starter, ends}}, absent: true},
	{name: "shim_daemonised", section: report.Starting, from: point{shim, born}, until: []point{{shim, adopted}}, when: []need{aStarter, anOwnShim}, absent: true},
	{name: "runtime_create", section: report.Starting, from: point{runtime, starts}, until: []point{{runtime, ends}}, when: []need{ociRuntime, aShortMaker}, absent: true},
	{name: "runtime_run", section: report.Starting, from: point{runtime, starts}, until: []point{{initial, entry}, {runtime, ends}}, when: []need{ociRuntime, aLongMaker}, absent: true},
	{name: "maker", section: report.Starting, from: point{runtime, starts}, until: []point{{initial, born}}, when: []need{otherMaker}},
	{name: "stage_0", section: report.Starting, from: point{stage0, born}, until: []point{{stage0, ends}}},
	{name: "cgroup_made", section: report.Starting, from: point{runtime, cgroupMade}, when: []need{ociRuntime, cgroupDirs}, absent: true},
	{name: "cgroup_entered", section: report.Starting, from: point{stage0, cgroupEnter}},
	{name: "cgroup_entered", section: report.Starting, from: point{stage1, cgroupEnter}},
	{name: "cgroup_entered", section: report.Starting, from: point{initial, cgroupEnter}},
	{name: "stage_1", section: report.Starting, from: point{stage1, born}, until: []point{{stage1, ends}}},
	{name: "namespaces_unshared", section: report.Starting, from: point{stage1, unshared}, when: []need{syscalls}},
	{name: "namespaces_unshared", section: report.Starting, from: point{runtime, unshared}, when: []need{syscalls}},
	{name: "namespaces_unshared", section: report.Starting, from: point{initial, unshared}, when: []need{syscalls}},
	{name: "stage_2", section: report.Starting, from: point{initial, born}, until: []point{{initial, entry}, {initial, ends}}, when: []need{ociRuntime}, absent: true},
	{name: "cgroup_entered", section: report.Starting, from: point{initial, bornInside}},
	{name: "pidns_created", section: report.Starting, from: point{initial, pidnsMade}, when: []need{ownPidns}, absent: true},
	{name: "helper", section: report.Starting, from: point{helper, born}, until: []point{{helper, ends}}},
	{name: "root_pivoted", section: report.Starting, from: point{initial, pivoted}, when: []need{ociRuntime, syscalls}, absent: true},
	{name: "init_reparented", section: report.Starting, from: point{initial, adopted}, when: []need{ociRuntime, aShortMaker}, absent: true},
	{name: "runtime_start", section: report.Starting, from: point{beside, starts}, until: []point{{beside, ends}}, verb: "start"},
	{name: "entrypoint", section: report.Starting, from: point{initial, entry}, absent: true},
	{name: "first_child", section: report.Starting, from: point{first, born}},

	{name: "running", section: report.Running, from: point{initial, entry}, until: []point{{initial, ends}}},
	{name: "entered", section: report.Running, from: point{entered, born}, until: []point{{entered, ends}}},
	{name: "signal_asked", section: report.Running, from: point{sender, starts}, until: []point{{sender, ends}}},

	{name: "stop_asked", section: report.Stopping, from: point{stopper, starts}, until: []point{{stopper, ends}}, early: notYetTold},
	{name: "runtime_kill", section: report.Stopping, from: point{beside, starts}, until: []point{{beside, ends}}, verb: "kill", early: notYetTold},
	{name: "signal", section: report.Stopping, from: point{initial, signalled}, early: notYetTold},
	{name: "exit", section: report.Stopping, from: point{initial, ends}},
	{name: "reaped", section: report.Stopping, from: point{initial, ends}, until: []point{{initial, emptied}}, when: []need{ownPidns}},
	{name: "runtime_exit", section: report.Stopping, from: point{runtime, ends}, when: []need{ociRuntime, aLongMaker}},
	{name: "maker_exit", section: report.Stopping, from: point{runtime, ends}, when: []need{otherMaker}},
	{name: "runtime_delete", section: report.Stopping, from: point{beside, starts}, until: []point{{beside, ends}}, verb: "delete"},
	{name: "cgroup_removed", section: report.Stopping, from: point{beside, cgroupGone}},
	{name: "cgroup_removed", section: report.Stopping, from: point{runtime, cgroupGone}},
	{name: "shim_exit", section: report.Stopping, from: point{shim, ends}, when: []need{anOwnShim}, early: aliveYet},
	{name: "shim_delete", section: report.Stopping, from: point{cleanup, starts}, until: []point{{cleanup, ends}}, verb: "delete"},
	{name: "engine_cleanup", section: report.Stopping, from: point{cleanup, starts}, until: []point{{cleanup, ends}}, verb: "cleanup"},
	{name: "client_exit", section: report.Stopping, from: point{client, ends}, early: aliveYet},
}
