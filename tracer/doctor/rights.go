//go:build linux

package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/self"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

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
	case x.selfErr != nil:
		return unknown("/proc/self/status cannot be read", "mount /proc")
	case x.self.Has(unix.CAP_SYS_ADMIN):
		return found("CAP_SYS_ADMIN is effective, which stands for CAP_BPF and CAP_PERFMON")
	}
	var lack, barred []string
	var numbers []int
	for _, c := range loading {
		if !x.self.Has(c.number) {
			lack, numbers = append(lack, c.name), append(numbers, c.number)
			if x.self.Bounding&(1<<c.number) == 0 {
				barred = append(barred, c.name)
			}
		}
	}
	if len(lack) == 0 {
		return found("CAP_BPF and CAP_PERFMON are effective")
	}
	says := strings.Join(lack, " and ") + " not effective"
	switch {
	case len(barred) > 0:
		says += ", and " + strings.Join(barred, " and ") + " not in the bounding set"
	case x.self.NoNewPrivs:
		says += ", and no_new_privs is set"
	}
	return missing(says, x.self.Gain(lack, numbers))
}

func procCapabilities(x *examination) (all []finding) {
	if x.selfErr != nil {
		return unknown("/proc/self/status cannot be read", "mount /proc")
	}
	for _, c := range reading {
		if x.self.Has(c.number) {
			all = append(all, finding{of: c.name, status: report.Found, says: "effective"})
			continue
		}
		if c.number == unix.CAP_DAC_READ_SEARCH && x.self.UID == 0 {
			all = append(all, finding{of: c.name, status: report.Found, says: "not effective, nor needed: root owns the runtimes' files"})
			continue
		}
		all = append(all, finding{of: c.name, status: report.Missing, says: "absent without it: " + c.absent,
			mend: "where that is wanted: " + x.self.Gain([]string{c.name}, []int{c.number})})
	}
	return all
}

// userNamespace: BPF heeds the capabilities of the initial one only (bpf_capable is
// capable, not ns_capable).
func userNamespace(x *examination) []finding {
	switch initial, known := self.InitialUserNS(x.Root); {
	case !known:
		return unknown("/proc/self/ns/user cannot be read", "mount /proc")
	case initial:
		return found("the initial one")
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
	return unknown("kernel.unprivileged_bpf_disabled cannot be read", "mount /proc whole, without subset=pid")
}

func seccomp(x *examination) []finding {
	switch {
	case x.self.Seccomp == 0:
		return found("no filter")
	case x.programsWork():
		return found(fmt.Sprintf("a filter (mode %d) that lets bpf pass", x.self.Seccomp))
	case !x.refused():
		return unknown(fmt.Sprintf("a filter (mode %d); bpf was not tried, or failed of something else", x.self.Seccomp), "see capabilities and program")
	}
	return unknown(fmt.Sprintf("a filter (mode %d), which may be what refuses bpf", x.self.Seccomp),
		"allow bpf in the sandbox's profile (docker run --security-opt seccomp=PROFILE; the default one allows bpf with CAP_BPF)")
}

// refused reports whether bpf was, in spite of the capabilities: without them the kernel
// is not asked.
func (x *examination) refused() bool {
	by := func(err error) bool { return errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) }
	return by(x.triedErr) || slices.ContainsFunc(x.programs, func(t tracer.Trial) bool { return by(t.Err) })
}
