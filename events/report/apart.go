package report

import "github.com/ptrace-ns/ptrace-ns/events"

// Differing names the namespaces of a process, besides its PID namespace, that are
// known not to be another's, in the words of /proc/PID/ns.
func Differing(own, other events.Namespaces) (names []string) {
	for _, ns := range []struct {
		name       string
		own, other uint32
	}{
		{"cgroup", own.Cgroup, other.Cgroup},
		{"ipc", own.IPC, other.IPC},
		{"mnt", own.Mnt, other.Mnt},
		{"net", own.Net, other.Net},
		{"time", own.Time, other.Time},
		{"user", own.User, other.User},
		{"uts", own.UTS, other.UTS},
	} {
		if ns.own != 0 && ns.other != 0 && ns.own != ns.other {
			names = append(names, ns.name)
		}
	}
	return names
}
