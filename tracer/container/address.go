package container

import (
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Addressed returns Docker's container that has the address, by Docker's own files; nil is
// none, or one whose files do not say so yet: they are written after it has started.
func (r *Resolver) Addressed(address string) *events.Container {
	if address == "" {
		return nil
	}
	for id := range r.dirsIn(dockerDir) {
		d := r.dockerSaid(dockerDir+"/"+id, id)
		if d == nil {
			continue
		}
		for _, n := range d.NetworkSettings.Networks {
			if n.IPAddress == address || n.GlobalIPv6Address == address {
				return r.complete(&events.Container{ID: id, Runtime: "docker", Source: "state"}, believed(superuser)).Container
			}
		}
	}
	return nil
}

// A proxy is called before its container runs, and Docker writes down a container's address
// once that has started, mostly within a second, on a machine that has much to do within
// several. So it is looked for again, at first soon, each time after twice as long. Each
// time all of Docker's containers are read, which waits for other questions.
const (
	addressSoon  = 50 * time.Millisecond
	addressTries = 8 // the last 12.75 seconds after the call
)

// addressed returns the container that has the address. Where no file has it yet, that is
// told late, for the program that was called with it.
func (l *Lookup) addressed(address string, servant events.ProcKey) *events.Container {
	return l.ask(l.disk, "", func() finding {
		c := l.resolver.Addressed(address)
		if c == nil && servant != (events.ProcKey{}) {
			l.seek(address, servant, addressSoon, addressTries)
		}
		return finding{Container: c, by: superuser}
	}).Container
}

// seek has the disk asked for the address again, in a while.
func (l *Lookup) seek(address string, servant events.ProcKey, after time.Duration, tries int) {
	if tries == 0 {
		return
	}
	job := func() {
		if c := l.resolver.Addressed(address); c != nil {
			l.tellLate(Answer{Container: c, Servant: servant, by: superuser})
			return
		}
		l.seek(address, servant, 2*after, tries-1)
	}
	time.AfterFunc(after, func() {
		select {
		case l.seldom <- job:
		case <-l.running.Done():
		}
	})
}
