package oracle

import "fmt"

// Kind is what an operation does.
type Kind uint8

// The kinds of operations.
const (
	Rest        Kind = iota // nothing, to which others shrink
	Fork                    // fork
	Vfork                   // the creator waits until its child executes or ends
	CloneParent             // clone with CLONE_PARENT, and CLONE_NEWPID now and then
	NewPID                  // clone with CLONE_NEWPID
	SetTID                  // clone3 with the PIDs of a process that was reaped
	DoubleFork              // a daemon whose parent is gone at once
	StartThread             // a thread begins
	EndThread               // a thread ends
	EndLeader               // the leader ends, another thread goes on
	Exec                    // execve
	ThreadExec              // execve by a thread that is not the leader
	Unshare                 // unshare(CLONE_NEWPID)
	Setns                   // setns into the PID namespace of another
	Subreaper               // PR_SET_CHILD_SUBREAPER set or cleared
	Disposition             // what SIGTERM does: kill, nothing, be handled, exit
	Kill                    // SIGTERM or SIGKILL
	Stop                    // SIGSTOP, then SIGCONT or SIGKILL
	Exit                    // exit with a code
	ThreadExit              // the same by a thread that is not the leader
	Rename                  // PR_SET_NAME
	Reap                    // wait for all children that are dead
	FewPIDs                 // kernel.pid_max so low that PIDs recycle, and children that use them
	Fault                   // a fault, for which the kernel sends SIGSEGV
	ParentDeath             // exit of a parent whose child has asked for SIGKILL then
	kinds
)

var kindNames = [kinds]string{
	"rest", "fork", "vfork", "clone parent", "clone newpid", "clone set_tid", "double fork",
	"start thread", "end thread", "end leader", "exec", "thread exec", "unshare", "setns",
	"subreaper", "disposition", "kill", "stop", "exit", "thread exit", "rename", "reap", "few pids", "fault", "parent death",
}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// Kinds returns all kinds but Rest.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := Fork; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

// Op is one operation. A chooses the process that it is done by or to, B and C the
// rest, among those that there are at that moment: every list of operations is a
// workload.
type Op struct {
	Kind    Kind
	A, B, C uint8
}

// GoString is how rapid prints what it drew.
func (o Op) GoString() string { return o.String() }

// String tells the operation as a Go literal would.
func (o Op) String() string { return fmt.Sprintf("{%s %d %d %d}", o.Kind, o.A, o.B, o.C) }

// performers do each kind. They do nothing, and say so, when there is no process
// to do it or the kernel refuses.
var performers = [kinds]func(*World, Op) (bool, error){
	Rest: func(*World, Op) (bool, error) { return true, nil },
	Fork: (*World).fork, Vfork: (*World).vfork, CloneParent: (*World).cloneParent,
	NewPID: (*World).newPID, SetTID: (*World).setTID, DoubleFork: (*World).doubleFork,
	StartThread: (*World).startThread, EndThread: (*World).endThread, EndLeader: (*World).endLeader,
	Exec: (*World).exec, ThreadExec: (*World).exec, Unshare: (*World).unshare, Setns: (*World).setns,
	Subreaper: (*World).subreaper, Disposition: (*World).disposition, Kill: (*World).kill,
	Stop: (*World).stop, Exit: (*World).exit, ThreadExit: (*World).exit, Rename: (*World).rename,
	Reap: (*World).reap, FewPIDs: (*World).fewPIDs, Fault: (*World).fault, ParentDeath: (*World).parentDeath,
}

// Do performs one operation and waits until all that follows from it has happened.
func (w *World) Do(op Op) error {
	done, err := performers[op.Kind](w, op)
	if err == nil {
		err = w.lookAtParents()
	}
	if err != nil {
		return fmt.Errorf("operation %v: %w", op, err)
	}
	if done {
		w.done[op.Kind]++
	}
	return nil
}
