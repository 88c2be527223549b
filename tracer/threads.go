//go:build linux

package tracer

import (
	"os"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Thread is one thread of a process, as /proc shows it now.
type Thread struct {
	TID  int32 // in the initial PID namespace
	Comm string
	PIDs []int32 // its number at every level, outermost first
}

// Threads returns the threads of a process besides its leader, in the order of
// /proc; none where the process is gone or its number is another's by now.
func Threads(key events.ProcKey) []Thread {
	if !newProcReader().usable {
		return nil
	}
	dir := "/proc/" + strconv.Itoa(int(key.PID)) + "/"
	entries, err := os.ReadDir(dir + "task")
	if err != nil {
		return nil
	}
	var all []Thread
	for _, e := range entries {
		tid, err := strconv.ParseInt(e.Name(), 10, 32)
		if err != nil || int32(tid) == key.PID {
			continue
		}
		task := dir + "task/" + e.Name() + "/"
		comm, err := os.ReadFile(task + "comm")
		if err != nil {
			continue // it ended meanwhile
		}
		all = append(all, Thread{
			TID: int32(tid), Comm: strings.TrimSuffix(string(comm), "\n"), PIDs: nsPIDsOf(task),
		})
	}
	if !sameStart(dir, key.Start) {
		return nil
	}
	return all
}

// nsPIDsOf reads the numbers of a task at every level; dir is its directory.
func nsPIDsOf(dir string) []int32 { return parsePIDs(statusField(dir, "NSpid")) }

func parsePIDs(field string) []int32 {
	var all []int32
	for number := range strings.FieldsSeq(field) {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			return nil
		}
		all = append(all, int32(n))
	}
	return all
}

// statusField returns one field of a task's status, empty when there is none.
func statusField(dir, name string) string {
	raw, err := os.ReadFile(dir + "status")
	if err != nil {
		return ""
	}
	return fieldOf(raw, name)
}

// fieldOf reads the contents of /proc/PID/status. No name of a task can look like
// another field: line breaks in it are escaped (proc_task_name, fs/proc/array.c).
func fieldOf(status []byte, name string) string {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
