package main

import (
	"fmt"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestThreadsOf(t *testing.T) {
	stat := func(comm string, threads, ticks int) []byte {
		return fmt.Appendf(nil, "7 (%s) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 %d 0 %d 1000 2 0\n", comm, threads, ticks)
	}
	key := events.ProcKey{PID: 7, Start: 1234_567_890_123}
	for what, c := range map[string]struct {
		stat []byte
		want uint64
	}{
		"a process":            {stat("java", 31, 123456), 31},
		"a name of its own":    {stat(") R 1 (", 31, 123456), 31},
		"the next bearer":      {stat("java", 31, 123457), 0},
		"a file that is cut":   {[]byte("7 (java) S 1"), 0},
		"a process that ended": {nil, 0},
	} {
		if got := threadsOf(c.stat, key); got != c.want {
			t.Errorf("%s has %d threads, want %d", what, got, c.want)
		}
	}
}
