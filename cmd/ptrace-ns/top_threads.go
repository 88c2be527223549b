package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// userTick is a clock tick as /proc counts them: USER_HZ is 100 on every architecture
// that is supported (include/asm-generic/param.h).
const userTick = 1e9 / 100

// threadsNow returns how many threads a process has at this moment, 0 when it is gone or
// its PID has another bearer. Only the details of one process ask for it: the tracer
// follows thread groups, and not what they make within.
func threadsNow(key events.ProcKey) uint64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", key.PID))
	if err != nil {
		return 0
	}
	return threadsOf(stat, key)
}

// threadsOf reads them in the contents of /proc/PID/stat (proc_pid_stat(5)): num_threads
// is field 20, and starttime, in ticks of CLOCK_BOOTTIME, field 22.
func threadsOf(stat []byte, key events.ProcKey) uint64 {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from field 3 on: a name may hold anything
	if len(fields) < 20 {
		return 0
	}
	n, err := strconv.ParseUint(string(fields[17]), 10, 32)
	started, err2 := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil || err2 != nil || started != key.Start/userTick {
		return 0
	}
	return n
}
