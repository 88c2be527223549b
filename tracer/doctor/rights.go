//go:build linux

package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// status is what /proc/self/status says of one's rights.
type status struct {
	known               bool
	effective, bounding uint64
	seccomp             int
	noNewPrivs          bool
}

func parseStatus(text string) (s status) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		var err error
		switch key {
		case "CapEff":
			s.effective, err = strconv.ParseUint(value, 16, 64)
			s.known = err == nil
		case "CapBnd":
			s.bounding, _ = strconv.ParseUint(value, 16, 64)
		case "Seccomp":
			s.seccomp, _ = strconv.Atoi(value)
		case "NoNewPrivs":
			s.noNewPrivs = value == "1"
		}
	}
	return s
}

func has(set uint64, capability int) bool { return set&(1<<capability) != 0 }

type capability struct {
	number int
	name   string
	// what is absent without it
	absent string
}

// loading are what the kernel asks for to verify and attach the programs; CAP_SYS_ADMIN
// stands for both (bpf_capable, perfmon_capable in include/linux/capability.h).
var loading = []capability{{unix.CAP_BPF, "CAP_BPF", ""}, {unix.CAP_PERFMON, "CAP_PERFMON", ""}}

// reading are for what /proc and the runtimes' files tell beside the events.
var reading = []capability{
	{unix.CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "executable and working directory of other users' processes that were there before tracing"},
	{unix.CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "names and images of containers whose files only root may read"},
}

func capabilities(x *examination) []finding {
	switch {
	case !x.self.known:
		return unknown("/proc/self/status cannot be read", "mount /proc")
	case has(x.self.effective, unix.CAP_SYS_ADMIN):
		return found("CAP_SYS_ADMIN is effective, which stands for CAP_BPF and CAP_PERFMON")
	}
	var lack, barred []string
	for _, c := range loading {
		if !has(x.self.effective, c.number) {
			lack = append(lack, c.name)
			if !has(x.self.bounding, c.number) {
				barred = append(barred, c.name)
			}
		}
	}
	switch {
	case len(lack) == 0:
		return found("CAP_BPF and CAP_PERFMON are effective")
	case len(barred) > 0:
		return missing(strings.Join(lack, " and ")+" not effective, and "+strings.Join(barred, " and ")+" not in the bounding set",
			"no file capability helps here: start the container, unit or session with them (docker run --cap-add, CapabilityBoundingSet=)")
	case x.self.noNewPrivs:
		return missing(strings.Join(lack, " and ")+" not effective, and no_new_privs is set",
			"no file capability helps here: start it without no_new_privs, or with ambient capabilities")
	}
	return missing(strings.Join(lack, " and ")+" not effective", "run as root, or give both: setcap cap_bpf,cap_perfmon=ep PATH-OF-THE-PROGRAM")
}

func procCapabilities(x *examination) (all []finding) {
	if !x.self.known {
		return unknown("/proc/self/status cannot be read", "mount /proc")
	}
	for _, c := range reading {
		if has(x.self.effective, c.number) {
			all = append(all, finding{of: c.name, status: report.Found, says: "effective"})
			continue
		}
		all = append(all, finding{of: c.name, status: report.Missing, says: "absent without it: " + c.absent,
			mend: "give it, too, where that is wanted: " + strings.ToLower(c.name) + "=ep"})
	}
	return all
}

// userNamespace: BPF heeds the capabilities of the initial one only (bpf_capable is
// capable, not ns_capable).
func userNamespace(x *examination) []finding {
	switch ids := strings.Join(strings.Fields(x.read("proc/self/uid_map")), " "); ids {
	case "":
		return unknown("/proc/self/uid_map cannot be read", "mount /proc")
	case "0 0 4294967295":
		return found("the initial one, or one in which all user ids are themselves")
	}
	return missing("a child user namespace, whose capabilities BPF does not heed", "run outside of it: not in a rootless container, not under unshare --user")
}

func unprivileged(x *examination) []finding {
	meaning := map[string]string{
		"0": "users without rights may load some programs; none of this tracer's",
		"1": "only who has CAP_BPF may load programs, until the next boot",
		"2": "only who has CAP_BPF may load programs",
	}
	value := x.read("proc/sys/kernel/unprivileged_bpf_disabled")
	if says, ok := meaning[value]; ok {
		return found("kernel.unprivileged_bpf_disabled is " + value + ": " + says)
	}
	return unknown("kernel.unprivileged_bpf_disabled cannot be read", "")
}

func seccomp(x *examination) []finding {
	switch {
	case x.self.seccomp == 0:
		return found("no filter")
	case x.programsWork():
		return found(fmt.Sprintf("a filter (mode %d) that lets bpf pass", x.self.seccomp))
	}
	return unknown(fmt.Sprintf("a filter (mode %d), which may be what refuses bpf", x.self.seccomp),
		"allow bpf and perf_event_open in the sandbox's profile (docker run --security-opt seccomp=PROFILE; the default one allows bpf with CAP_BPF)")
}
