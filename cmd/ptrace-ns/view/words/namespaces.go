package words

import "github.com/ptrace-ns/ptrace-ns/events"

// Apart names the namespaces of a process, besides its PID namespace, that are known
// not to be another's, in the words of /proc/PID/ns.
func Apart(other, own events.Namespaces) (names []string) {
	for _, ns := range []struct {
		name       string
		other, own uint32
	}{
		{"cgroup", other.Cgroup, own.Cgroup},
		{"ipc", other.IPC, own.IPC},
		{"mnt", other.Mnt, own.Mnt},
		{"net", other.Net, own.Net},
		{"time", other.Time, own.Time},
		{"user", other.User, own.User},
		{"uts", other.UTS, own.UTS},
	} {
		if ns.other != 0 && ns.own != 0 && ns.other != ns.own {
			names = append(names, ns.name)
		}
	}
	return names
}
