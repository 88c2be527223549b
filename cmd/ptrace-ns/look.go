package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// census is one look at all processes.
type census struct {
	model    *tree.Model
	nowNS    uint64 // CLOCK_BOOTTIME of the look
	bootTime int64  // wall clock at CLOCK_BOOTTIME 0
	threads  func(events.ProcKey) []report.Thread
	jobs     jobs
	// leader returns the thread group that a thread is of, by numbers of the initial PID
	// namespace, 0 for not known; nil of a recording.
	leader   func(tid int32) int32
	self     int32 // this process, by its number in the initial PID namespace
	partial  bool  // taken from within a child PID namespace
	local    bool  // of this machine since it booted
	recorded bool  // of a recording, and damage is what is wrong with that
	damage   error
	short    string            // of a recording that ends before the moment asked for: where
	early    string            // of one that begins after it
	covered  *picture.Coverage // of a recording: what it tells
	silent   error             // why no container engine answered that was asked, nil when one did
}

// jobs is a sink that keeps of snapshots what the model does not: it is out of date
// with the next event.
type jobs map[events.ProcKey]*events.Job

func (j jobs) Put(ev *events.Event) error {
	if job := ev.Process.Job; job != nil {
		kept := *job
		j[ev.Process.Key] = &kept
	}
	return nil
}

func (j jobs) Flush() error { return nil }

// partialLook is the warning of one who sees less than the whole machine.
const partialLook = "this program runs in a child PID namespace: it sees only the processes of that namespace and of those below it, and the PIDs are the host's"

// census looks at all processes and warns where that is not the whole machine.
func (a *app) census(ctx context.Context) (*census, error) {
	if err := a.checkRuntimeAPI(); err != nil {
		return nil, err
	}
	c, err := a.look(ctx)
	if err == nil && c.partial {
		a.log.Warn().Msg(partialLook)
	}
	if err == nil && c.silent != nil {
		a.log.Warn().Msg(c.silent.Error() + filesAlone)
	}
	return c, err
}

// subject is a process as a command line names it: by PID, or by PID and start.
type subject struct {
	key  events.ProcKey
	text string
}

func parseSubject(text string) (subject, error) {
	pid, start, exact := strings.Cut(text, "-")
	n, err := strconv.ParseInt(pid, 10, 32)
	s := subject{key: events.ProcKey{PID: int32(n)}, text: text}
	if err == nil && exact {
		s.key.Start, err = strconv.ParseUint(start, 10, 64)
	}
	if err != nil || n <= 0 {
		return s, usageError("process %q is neither a PID nor an id (<pid>-<start_ns>)", text)
	}
	return s, nil
}

// find returns the process that it names. A PID means who holds it now. leader, which may
// be nil, finds the process of a thread that is taken for one.
func (s subject) find(m *tree.Model, leader func(tid int32) int32) (*tree.Process, error) {
	if s.key.Start != 0 {
		if p, ok := m.Process(s.key); ok {
			return p, nil
		}
	} else if p, ok := m.ByPID(s.key.PID); ok {
		return p, nil
	} else if p := latest(m, s.key.PID); p != nil {
		// One that has ended, or is only named by its children.
		return p, nil
	}
	if pid := threadOf(m, s.key.PID, leader); pid != 0 && s.key.Start == 0 {
		return nil, fmt.Errorf("%s is a thread of process %d", s.text, pid)
	}
	return nil, fmt.Errorf("process %s: %w", s.text, selection.ErrNoProcess)
}

// threadOf returns the process that a thread belongs to, 0 when that is not known.
func threadOf(m *tree.Model, tid int32, leader func(int32) int32) int32 {
	for p := range m.Processes() {
		if slices.Contains(p.TIDs(), tid) {
			return p.Key.PID
		}
	}
	if leader == nil {
		return 0
	}
	return leader(tid)
}

// leaderOf reads the thread group of a thread in /proc, where each has a directory that
// is not listed (proc_pid_lookup, fs/proc/base.c). It returns 0 for a process.
func leaderOf(tid int32) int32 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if said, ok := strings.CutPrefix(line, "Tgid:"); ok {
			pid, _ := strconv.ParseInt(strings.TrimSpace(said), 10, 32)
			if int32(pid) == tid {
				return 0
			}
			return int32(pid)
		}
	}
	return 0
}

// ancestry returns the keys of a process and of all above it.
func ancestry(m *tree.Model, pid int32) map[events.ProcKey]bool {
	keys := map[events.ProcKey]bool{}
	p, ok := m.ByPID(pid)
	for ; ok; p, ok = p.Parent() {
		keys[p.Key] = true
	}
	return keys
}

// inContainers wants processes of the containers with one of the names, or whose
// id begins so.
func inContainers(names []string) func(*tree.Process) bool {
	chosen := &selection.Containers{Names: names}
	return func(p *tree.Process) bool { return chosen.Choose(p.Container) }
}

// userNames returns a function that names a user id, by its number where there is
// no name.
func userNames() func(uint32) string {
	known := map[uint32]string{}
	return func(uid uint32) string {
		name, ok := known[uid]
		if !ok {
			name = strconv.FormatUint(uint64(uid), 10)
			if u, err := user.LookupId(name); err == nil {
				name = u.Username
			}
			known[uid] = name
		}
		return name
	}
}
