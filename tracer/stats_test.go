//go:build linux

package tracer

import (
	"testing"
	"unsafe"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestManyCPUs (R08): a machine with as many possible CPUs as there are anywhere. What is
// counted on each comes to the sum, also where 32 bits do not hold it; the counters and
// what is made of them have a bound.
func TestManyCPUs(t *testing.T) {
	const cpus, each = 4096, 1 << 33
	perCPU := make([]bpf.Counters, cpus)
	for i := range perCPU {
		perCPU[i].Tried[bpf.KindExit], perCPU[i].Dropped[bpf.KindExit] = each, 1
		perCPU[i].BirthsNewtask, perCPU[i].BirthsFork = each, each
	}
	s := sumOf(perCPU)
	if c := s.ByKind[events.Exit]; c.Emitted != cpus*each || c.Dropped != cpus {
		t.Errorf("exits: %+v", c)
	}
	if s.BirthsNewtask != cpus*each || s.BirthsFork != cpus*each {
		t.Errorf("births: %d and %d", s.BirthsNewtask, s.BirthsFork)
	}
	if len(s.DroppedByCPU) != cpus || s.DroppedByCPU[cpus-1] != 1 {
		t.Fatalf("dropped by CPU: %d of them", len(s.DroppedByCPU))
	}
	if err := s.Check(); err == nil {
		t.Error("nothing was received, and the counts agree")
	}
	c := s.ByKind[events.Exit]
	c.Received = c.Emitted - c.Dropped
	s.ByKind[events.Exit] = c
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if n := int(unsafe.Sizeof(perCPU[0])); n*cpus > 2<<20 {
		t.Errorf("the counters are %d bytes on each CPU: too many for %d", n, cpus)
	}
}
