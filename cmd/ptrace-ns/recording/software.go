package recording

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// isSoftware reports whether the process runs a program that makes, keeps or serves
// containers. What that forks while a start is recorded belongs to it: a shim's parent
// is a daemon that has nothing to do with the client, and a proxy of a port has no
// namespace of its own. Of clients there may be a neighbour's: where there is a command
// they must be its own, and then are in anyway.
func (s *Scope) isSoftware(p *events.Process) bool {
	switch container.RoleOf(p).Name {
	case container.Daemon, container.Shim, container.Monitor, container.Runtime, container.Proxy:
		return true
	case container.Client:
		return s.o.Maker == 0
	}
	return false
}
