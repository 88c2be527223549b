//go:build linux

package bpf

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestDecodeJob: the state as /proc and ps write it, and the terminal's name.
func TestDecodeJob(t *testing.T) {
	idle := job{prio: 120, state: 0x402}
	none := events.Job{State: "I", HasCPU: true}
	for _, c := range []struct {
		name   string
		change func(*job)
		want   func(*events.Job)
	}{
		{"idle kernel thread", func(*job) {}, func(*events.Job) {}},
		{"running", func(j *job) { j.state = 0 }, func(j *events.Job) { j.State = "R" }},
		{"uninterruptible", func(j *job) { j.state = 0x102 }, func(j *events.Job) { j.State = "D" }},
		{"waits for a lock on PREEMPT_RT", func(j *job) { j.state = 0x1000 }, func(j *events.Job) { j.State = "D" }},
		{"frozen", func(j *job) { j.state = 0x8000 }, func(j *events.Job) { j.State = "D" }},
		{"stopped", func(j *job) { j.state = 0x104 }, func(j *events.Job) { j.State = "T" }},
		{"traced", func(j *job) { j.state = 0x108 }, func(j *events.Job) { j.State = "t" }},
		{"zombie", func(j *job) { j.state = 0x80 | 0x20 }, func(j *events.Job) { j.State = "Z" }},
		{"parked", func(j *job) { j.state = 0x40 }, func(j *events.Job) { j.State = "P" }},
		{"nice", func(j *job) { j.prio = 139 }, func(j *events.Job) { j.State = "IN" }},
		{"in the background", func(j *job) { j.pgid, j.tpgid, j.tty = 5, 6, "tty1" }, func(j *events.Job) {
			j.PGID, j.TPGID, j.TTY = 5, 6, "tty1"
		}},
		{"traced by another", func(j *job) { j.tracer = ref(77, 78, 9000, "gdb") }, func(j *events.Job) {
			j.Ptracer = events.Ref{Key: events.ProcKey{PID: 77, Start: 9000}, Comm: "gdb"}
		}},
		{"too many threads", func(j *job) { j.cpu, j.cut = 7, 1 }, func(j *events.Job) { j.HasCPU = false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, want := idle, none
			c.change(&raw)
			c.want(&want)
			record := wire(header(KindSnapshot, 1), core(0, "x"), full(), u32(1), u32(0), raw.wire(), levels(1))
			if got := decode(t, record).Process.Job; got == nil || *got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
