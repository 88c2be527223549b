package scenario

import "fmt"

// outcome is what must be true of a scenario's processes besides main: whose
// child each was born as, and how it ended: "exit 3", "signal 9", "signal 11
// core", or "unwaited" when none of the others tells: reaped by the kernel with its
// PID namespace, say.
type outcome struct {
	born map[string]string
	ends map[string]string
}

var expected = map[string]outcome{
	"T03": {
		born: map[string]string{"execer": "main"},
		ends: map[string]string{"execer": "exit 3"},
	},
	"T04": {
		// survivor is a thread of headless.
		born: map[string]string{"headless": "main", "survivor": "main"},
		ends: map[string]string{"headless": "exit 7"},
	},
	"T06": {
		born: map[string]string{"faulty": "main"},
		ends: map[string]string{"faulty": "signal 11 core"},
	},
	"T07": {
		born: map[string]string{"killed": "main", "status": "main"},
		ends: map[string]string{"killed": "signal 9", "status": "exit 137"},
	},
	"T08": {
		born: map[string]string{"vfork-exec": "main", "vfork-exit": "main", "vforked-exit": "vfork-exit"},
		ends: map[string]string{
			"vfork-exec": "exit 0", "vforked-exec": "exit 4", "vfork-exit": "exit 6", "vforked-exit": "exit 5",
		},
	},
	"T09": {
		// The daemon may have lost its parent before it could say who it was.
		born: map[string]string{"middle": "main", "daemon": ""},
		ends: map[string]string{"middle": "exit 0", "daemon": "exit 9"},
	},
	"T10": {
		born: map[string]string{"A": "main", "B": "A", "C": "B", "D": "C"},
		ends: map[string]string{"A": "exit 0", "B": "signal 9", "C": "exit 1", "D": "exit 2"},
	},
	"T11": {
		born: map[string]string{
			"S": "main", "P1": "S", "P2": "S", "P3": "S", "X1": "P1", "X2": "P2", "X3": "P3",
		},
		ends: map[string]string{
			"S": "exit 4", "P1": "signal 9", "P2": "signal 9", "P3": "signal 9",
			"X1": "exit 1", "X2": "exit 2", "X3": "exit 3",
		},
	},
	"T12": deepAncestry(),
	"T13": {
		born: map[string]string{"cloner": "main", "sibling": "main"},
		ends: map[string]string{"cloner": "exit 0", "sibling": "exit 8"},
	},
	"T14": {
		born: map[string]string{"survivor": "main", "mourner": "survivor"},
		ends: map[string]string{"survivor": "exit 0", "mourner": "signal 15"},
	},
	"T15": {
		born: map[string]string{"father": "main", "child": "father", "debugger": "main"},
		ends: map[string]string{"father": "signal 9", "child": "exit 7", "debugger": "exit 8"},
	},
	"T16": {
		born: map[string]string{"unwaited": "main"},
		ends: map[string]string{"unwaited": "exit 3"},
	},
	"T17": {
		born: map[string]string{"ring-user": "main"},
		ends: map[string]string{"ring-user": "exit 5"},
	},
	"N01": {
		born: map[string]string{"init": "main", "member-0": "init", "member-1": "init"},
		ends: map[string]string{"init": "exit 3", "member-0": "unwaited", "member-1": "unwaited"},
	},
	"N02": {
		born: map[string]string{"init": "main", "member-0": "init", "member-1": "init"},
		ends: map[string]string{"init": "exit 4", "member-0": "unwaited", "member-1": "unwaited"},
	},
	"N03": {
		born: map[string]string{
			"outer": "main", "outer-0": "outer", "inner": "outer", "inner-0": "inner", "inner-1": "inner",
		},
		ends: map[string]string{
			"outer": "signal 9", "outer-0": "unwaited", "inner": "unwaited", "inner-0": "unwaited", "inner-1": "unwaited",
		},
	},
	"N06": {
		born: map[string]string{
			"init": "main", "injector": "main", "passer": "injector", "orphan": "passer", "injected": "injector",
		},
		ends: map[string]string{
			"init": "signal 9", "injector": "exit 0", "passer": "exit 9", "orphan": "unwaited", "injected": "signal 9",
		},
	},
	"N07": {
		born: map[string]string{"unsharer": "main", "first": "unsharer"},
		ends: map[string]string{"unsharer": "exit 0", "first": "exit 0"},
	},
	"N08": {
		born: map[string]string{
			"target-1": "main", "target-2": "target-1",
			"entrant-0": "main", "entrant-1": "main", "entrant-2": "main",
			"entered-0": "entrant-0", "entered-1": "entrant-1", "entered-2": "entrant-2",
		},
		ends: map[string]string{
			"target-1": "signal 9", "target-2": "unwaited",
			"entrant-0": "exit 0", "entrant-1": "exit 0", "entrant-2": "exit 0",
			"entered-0": "exit 10", "entered-1": "exit 11", "entered-2": "exit 12",
		},
	},
	"N09": {
		born: map[string]string{"init": "main", "rebooter": "init"},
		ends: map[string]string{"init": "signal 1", "rebooter": "unwaited"},
	},
	"N11": {
		born: map[string]string{"init": "main", "middle": "init", "orphan": "middle"},
		ends: map[string]string{"init": "exit 12", "middle": "unwaited", "orphan": "exit 10"},
	},
	"N13": {
		born: map[string]string{"init": "main", "member": "init"},
		ends: map[string]string{"init": "signal 9", "member": "unwaited"},
	},
	"N14": {
		born: map[string]string{"init": "main", "member": "init", "glutton": "init"},
		ends: map[string]string{"init": "signal 9", "member": "unwaited", "glutton": "signal 9"},
	},
	"S01": {
		born: map[string]string{"hostile": "main"},
		ends: map[string]string{"hostile": "exit 0"},
	},
	"S02": {
		born: map[string]string{"two-lines": "main"},
		ends: map[string]string{"two-lines": "exit 0"},
	},
	"S03": {
		born: map[string]string{"not-utf8": "main"},
		ends: map[string]string{"not-utf8": "exit 0"},
	},
	"S04": {
		born: map[string]string{
			"longest": "main", "too-long": "main", "total": "main", "many-empty": "main", "none": "main",
		},
		ends: map[string]string{
			"longest": "exit 0", "too-long": "exit 127", "total": "exit 0", "many-empty": "exit 0", "none": "exit 0",
		},
	},
	"S06": {
		born: map[string]string{"spoof": "main"},
		ends: map[string]string{"spoof": "exit 0"},
	},
	"S07": {
		born: map[string]string{"memfd": "main", "deleted": "main", "relative": "main", "proc-self": "main"},
		ends: map[string]string{"memfd": "exit 0", "deleted": "exit 0", "relative": "exit 0", "proc-self": "exit 0"},
	},
	"S08": {
		born: map[string]string{"script-1": "main", "script-5": "main", "script-6": "main"},
		ends: map[string]string{"script-1": "exit 0", "script-5": "exit 0", "script-6": "exit 127"},
	},
	"S09": {
		born: map[string]string{"absent": "main", "garbage": "main", "broken": "main"},
		ends: map[string]string{"absent": "exit 127", "garbage": "exit 127", "broken": "signal 11"},
	},
}

// deepAncestry is 100 processes, each the child of the one before, and two more.
func deepAncestry() outcome {
	o := outcome{
		born: map[string]string{"level-0": "main", "wide": "level-99", "orphan": "wide"},
		ends: map[string]string{"level-0": "unwaited", "wide": "exit 6", "orphan": "exit 5"},
	}
	for i := 1; i < 100; i++ {
		role := fmt.Sprintf("level-%d", i)
		o.born[role], o.ends[role] = fmt.Sprintf("level-%d", i-1), "unwaited"
	}
	return o
}
