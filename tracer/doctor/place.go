//go:build linux

package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/self"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// initialPidns is the inode number of the initial PID namespace
// (PROC_PID_INIT_INO, include/linux/proc_ns.h).
const initialPidns = "pid:[4026531836]"

func pidNamespace(x *examination) []finding {
	switch own := x.link("proc/self/ns/pid"); own {
	case "":
		return unknown("/proc/self/ns/pid cannot be read", "mount /proc")
	case initialPidns:
		return found("the initial one: all processes are seen, by the numbers that they have here")
	default:
		return missing("a child one, "+own+": events are told of the whole machine and with the host's numbers, but of the processes that were there before only those of this namespace, and without command lines",
			"run it in the host's PID namespace (docker run --pid host, hostPID: true)")
	}
}

// marks are files that runtimes leave in a container's root.
var marks = []struct{ path, runtime string }{
	{".dockerenv", "docker"}, {"run/.containerenv", "podman"}, {"run/systemd/container", "systemd-nspawn or lxc"},
	{"var/run/secrets/kubernetes.io", "kubernetes"},
}

// A private cgroup namespace shows the path as /, so the marks come first.
func inContainer(x *examination) []finding {
	for _, m := range marks {
		if x.exists(m.path) {
			return found("in a container, by /" + m.path + " (" + m.runtime + "): files of the host's runtimes are seen only where they are mounted")
		}
	}
	for line := range strings.Lines(x.read("proc/self/cgroup")) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if c := container.FromCgroup(part[len(part)-1]); c != nil {
			return found("in the container " + c.ID + " (" + c.Runtime + "), by its cgroup")
		}
	}
	return found("in none that left a mark")
}

// procMount: with hidepid other users' directories in /proc are not there for who
// lacks CAP_SYS_PTRACE (has_pid_permissions, fs/proc/base.c).
func procMount(x *examination) []finding {
	// The later one covers those before it at the same place.
	for _, m := range slices.Backward(self.Mounts(x.Root)) {
		if m.Point != "/proc" || m.Kind != "proc" {
			continue
		}
		_, hidden, _ := strings.Cut(m.Options, "hidepid=")
		hidden, _, _ = strings.Cut(hidden, ",")
		if hidden != "" && hidden != "0" && hidden != "off" && !x.self.Has(unix.CAP_SYS_PTRACE) {
			return missing("/proc hides other users' processes (hidepid="+hidden+"): those that were there before have no command lines, and new parents are not confirmed",
				"give CAP_SYS_PTRACE, or mount /proc without hidepid")
		}
		if !self.WholeProc(x.Root) {
			return []finding{{status: report.Missing, need: report.ForTracing,
				says: "/proc shows processes alone (subset=pid): it has no /proc/sys, by which a boot is told from another",
				mend: "mount it whole: mount -t proc proc /proc"}}
		}
		if x.self.Levels > 1 {
			return found("/proc is mounted and shows all processes of an outer PID namespace, with the numbers there; not those of this process's own alone")
		}
		return found("/proc is mounted and shows all processes of this PID namespace")
	}
	return unknown("no mount of /proc is listed", "mount /proc")
}

// initialCgroupns is the initial cgroup namespace (PROC_CGROUP_INIT_INO,
// include/linux/proc_ns.h). In another the mounts begin at that one's own cgroup.
const initialCgroupns = "cgroup:[4026531835]"

// whereCgroups mends what a container does not see of its host's cgroups.
const whereCgroups = "in a container: docker run --cgroupns host -v /sys/fs/cgroup:/sys/fs/cgroup:ro"

func cgroupMode(x *examination) []finding {
	seen, covered := x.cgroups()
	if covered != "" {
		return missing("other mounts cover those of cgroups at "+covered+": cgroups of these hierarchies that are there already have no paths, and their containers no names",
			"unmount what was mounted over them; "+whereCgroups)
	}
	unified, v1 := "", 0
	var below []string
	own := x.link("proc/self/ns/cgroup")
	for _, m := range seen {
		if m.Root != "/" || own != "" && own != initialCgroupns {
			below = append(below, m.Point)
		} else if m.Kind == "cgroup2" {
			unified = m.Point
		} else {
			v1++
		}
	}
	switch {
	case len(below) > 0:
		return missing("only the cgroups below this process's own are mounted, at "+strings.Join(below, ", ")+": others that are there already have no paths, and their containers no names", whereCgroups)
	case unified != "" && v1 == 0:
		return found("v2 alone, at " + unified)
	case unified != "":
		return found(fmt.Sprintf("hybrid: v2 at %s, and %d hierarchies of v1, by which containers are told apart", unified, v1))
	case v1 > 0:
		return found(fmt.Sprintf("v1 alone, %d hierarchies", v1))
	}
	return missing("no cgroup file system is mounted: the cgroups that are there already have no paths, and their containers no names",
		"mount it at /sys/fs/cgroup; "+whereCgroups)
}

// cgroups lists the mounts of hierarchies, without those over which something else was
// mounted: in every cgroup there is a cgroup.procs. Covered are the places of those of
// which no mount is left to be seen.
func (x *examination) cgroups() (seen []self.Mount, covered string) {
	type hierarchy struct{ kind, options string }
	hidden := map[hierarchy]string{}
	for _, m := range self.Mounts(x.Root) {
		switch {
		case m.Kind != "cgroup2" && m.Kind != "cgroup":
		case x.exists(strings.TrimPrefix(m.Point, "/") + "/cgroup.procs"):
			seen = append(seen, m)
		case !strings.Contains(m.Options, "name="): // that one has no controller, and tells no containers apart
			hidden[hierarchy{m.Kind, m.Options}] = m.Point
		}
	}
	for _, m := range seen {
		delete(hidden, hierarchy{m.Kind, m.Options})
	}
	return seen, strings.Join(slices.Sorted(maps.Values(hidden)), ", ")
}

// A path at which a runtime keeps what it knows, and what is taken from it.
var stores = []struct{ runtime, path, tells string }{
	{"docker", "var/lib/docker/containers", "name and image"},
	{"containerd", "run/containerd/io.containerd.runtime.v2.task", "pod, container and image of Kubernetes; of ctr's only that it is one"},
	{"podman", "var/lib/containers/storage", "name and image"},
	{"cri-o", "run/containers/storage/overlay-containers", "pod, container and image"},
	{"runc", "run/runc", "that it is one, and annotations"},
	{"crun", "run/crun", "that it is one"},
	{"lxc", "var/lib/lxc", "its name, by the cgroup alone"},
}

// runtimes tells of each that is there how its containers will be named.
func runtimes(x *examination) (all []finding) {
	for _, s := range stores {
		_, err := fs.Stat(x.Root, s.path)
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			continue
		}
		f := finding{of: s.runtime, status: report.Found, says: "from /" + s.path + ": " + s.tells}
		if err != nil || !x.listable(s.path) {
			f.status = report.Missing
			f.says = "/" + s.path + " cannot be read: containers have their ids and no names"
			f.mend = x.self.Gain([]string{"CAP_DAC_READ_SEARCH"}, []int{unix.CAP_DAC_READ_SEARCH})
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		return []finding{{status: report.Unknowable, need: report.ForNothing,
			says: "no files of any runtime are seen: containers are recognised by their cgroups, and named by their ids",
			mend: "where there is a runtime whose files are elsewhere or hidden: mount its own in their usual places, as the host's /run and /var/lib/docker/containers into a container, read-only"}}
	}
	return all
}
