//go:build linux

package doctor

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

func TestMain(m *testing.M) {
	oneRound = time.Microsecond
	m.Run()
}

func TestHealthy(t *testing.T) {
	c := examine(healthy(), able())
	if c.Verdict != report.Usable {
		t.Errorf("verdict %s", c.Verdict)
	}
	seen := map[string]bool{}
	for _, check := range c.Checks {
		seen[check.Name] = true
		if check.Status != report.Found || check.Says == "" {
			t.Errorf("%+v", check)
		}
	}
	if len(seen) != len(checks) {
		t.Errorf("%d of %d rows say something", len(seen), len(checks))
	}
	if says := checkOf(t, c, "program", "sched_process_exit_old").Says; !strings.Contains(says, "variant") {
		t.Errorf("the variant is not told: %s", says)
	}
	if cost := checkOf(t, c, "syscalls", "").Cost; cost == nil || cost.PlainNS <= 0 || cost.WatchedNS <= 0 {
		t.Errorf("cost %+v", cost)
	}
}

// TestMachines: each lack is named, with what it comes to and a way to mend it.
func TestMachines(t *testing.T) {
	lacksCaps := able()
	lacksCaps.programs, lacksCaps.none = nil, &tracer.NotPossibleError{Missing: "capability CAP_PERFMON is missing", Fix: "run as root"}
	refused := able()
	refused.programs[0].Err = &tracer.NotPossibleError{Missing: "this kernel cannot run the program", Fix: "use Linux 6.1", Err: errors.New("invalid argument\n  verifier's log")}
	noTypes := able()
	noTypes.none = &tracer.NotPossibleError{Missing: "types", Err: fmt.Errorf("%w: string table", tracer.ErrTypes)}
	eperm := able()
	eperm.programs[0].Err = &tracer.NotPossibleError{Missing: "refused", Fix: "allow bpf", Err: unix.EPERM}
	const headed = "\x9f\xeb\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	noCalls := able()
	noCalls.programs[3].Err = errors.New("no")
	noRing, noLoop, noProbes := able(), able(), able()
	noProbes.features = map[string]error{"helper probe_read_kernel": errors.New("invalid argument")}
	noRing.ring = errors.New("ring buffer: operation not permitted")
	noLoop.features = map[string]error{"helper loop": errLacking}

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // what it takes grows by them
	for _, c := range []struct {
		name      string
		files     map[string]string
		trials    trials
		check, of string
		verdict   report.Verdict
		status    report.Status
		says      string
	}{
		{"no BTF", map[string]string{"sys/kernel/btf/vmlinux": ""}, able(), "btf", "", report.Unusable, report.Missing, "not there"},
		{"BTF that is none", map[string]string{"sys/kernel/btf/vmlinux": strings.Repeat("x", 100)}, able(), "btf", "", report.Unusable, report.Missing, "no type information"},
		{"BTF that is cut", map[string]string{"sys/kernel/btf/vmlinux": headed + "\x09\x00\x00\x00"}, able(), "btf", "", report.Unusable, report.Missing, "cut: 24 bytes of 33"},
		{"BTF without its header", map[string]string{"sys/kernel/btf/vmlinux": headed}, able(), "btf", "", report.Unusable, report.Missing, "its header"},
		{"BTF that cannot be parsed", nil, noTypes, "btf", "", report.Unusable, report.Missing, "cannot be parsed"},
		{"root without CAP_DAC_READ_SEARCH", map[string]string{"proc/self/status": caps("Uid:\t0\t0\t0\t0\n", unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE)}, able(), "capabilities_proc", "CAP_DAC_READ_SEARCH", report.Usable, report.Found, "nor needed"},
		{"a user without CAP_DAC_READ_SEARCH", map[string]string{"proc/self/status": caps("Uid:\t7\t7\t7\t7\n", unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE)}, able(), "capabilities_proc", "CAP_DAC_READ_SEARCH", report.Degraded, report.Missing, "names and images"},
		{"no capabilities", map[string]string{"proc/self/status": caps("")}, lacksCaps, "capabilities", "", report.Unusable, report.Missing, "CAP_BPF and CAP_PERFMON not effective"},
		{"without CAP_PERFMON", map[string]string{"proc/self/status": caps("", unix.CAP_BPF)}, lacksCaps, "capabilities", "", report.Unusable, report.Missing, "CAP_PERFMON not effective"},
		{"not even in the bounding set", map[string]string{"proc/self/status": "CapEff:\t0\nCapBnd:\t0\n"}, lacksCaps, "capabilities", "", report.Unusable, report.Missing, "bounding set"},
		{"no_new_privs", map[string]string{"proc/self/status": caps("NoNewPrivs:\t1\n")}, lacksCaps, "capabilities", "", report.Unusable, report.Missing, "no_new_privs"},
		{"least privilege", map[string]string{"proc/self/status": caps("", unix.CAP_BPF, unix.CAP_PERFMON)}, able(), "capabilities_proc", "CAP_SYS_PTRACE", report.Degraded, report.Missing, "executable"},
		{"user namespace", map[string]string{"proc/self/ns/user": "user:[4026532178]"}, able(), "user_namespace", "", report.Unusable, report.Missing, "child user namespace"},
		{"lockdown", map[string]string{"sys/kernel/security/lockdown": "none integrity [confidentiality]"}, refused, "lockdown", "", report.Unusable, report.Missing, "confidentiality"},
		{"lockdown that lets all pass", map[string]string{"sys/kernel/security/lockdown": "none integrity [confidentiality]"}, able(), "lockdown", "", report.Usable, report.Found, "no harm"},
		{"helpers under lockdown", map[string]string{"sys/kernel/security/lockdown": "none integrity [confidentiality]"}, noProbes, "features", "helper probe_read_kernel", report.Usable, report.Found, "not missed"},
		{"helpers that fail without it", nil, noProbes, "features", "helper probe_read_kernel", report.Usable, report.Unknowable, "invalid argument"},
		{"no securityfs", map[string]string{"sys/kernel/security/lockdown": ""}, able(), "lockdown", "", report.Usable, report.Unknowable, "cannot be read"},
		{"seccomp", map[string]string{"proc/self/status": caps("Seccomp:\t2\n", unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH)}, eperm, "seccomp", "", report.Unusable, report.Unknowable, "may be what refuses"},
		{"seccomp and another reason", map[string]string{"proc/self/status": caps("Seccomp:\t2\n", unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH)}, refused, "seccomp", "", report.Unusable, report.Unknowable, "failed of something else"},
		{"seccomp and no capabilities", map[string]string{"proc/self/status": caps("Seccomp:\t2\n")}, lacksCaps, "seccomp", "", report.Unusable, report.Unknowable, "was not tried"},
		{"a program", nil, refused, "program", "task_newtask", report.Unusable, report.Missing, "cannot run the program (invalid argument)"},
		{"only system calls", nil, noCalls, "program", "sys_enter", report.Degraded, report.Missing, "no"},
		{"no memory", nil, noRing, "ring_buffer", "", report.Unusable, report.Missing, "not permitted"},
		{"an old kernel", nil, noLoop, "features", "helper loop", report.Unusable, report.Missing, "lacks"},
		{"memory limit", map[string]string{"sys/fs/cgroup/system.slice/x.service/memory.max": "50331648"}, able(), "memory_limit", "", report.Degraded, report.Missing, "48 MiB"},
		{"memory limit under which it cannot begin", map[string]string{"sys/fs/cgroup/system.slice/x.service/memory.max": "16777216"}, able(), "memory_limit", "", report.Unusable, report.Missing, "to begin takes 48 MiB"},
		{"memory limit amid many", crowd("83886080", 8192), able(), "memory_limit", "", report.Degraded, report.Missing, "the 8192 processes that there are the program takes up to 88 MiB"},
		{"subset=pid", map[string]string{"proc/sys/kernel/random/boot_id": ""}, able(), "proc", "", report.Unusable, report.Missing, "subset=pid"},
		{"few open files", map[string]string{"proc/self/limits": "Max open files            100                 100               files\n"}, able(), "open_files", "", report.Unusable, report.Missing, "100, and it takes some"},
		{"limit further up", map[string]string{"sys/fs/cgroup/system.slice/memory.max": "50331648"}, able(), "memory_limit", "", report.Degraded, report.Missing, "/sys/fs/cgroup/system.slice/memory.max"},
		{"an outer /proc", map[string]string{"proc/self/status": "CapEff:\t000001ffffffffff\nNSpid:\t4711\t1\n"}, able(), "proc", "", report.Usable, report.Found, "all processes of an outer PID namespace"},
		{"its own /proc", map[string]string{"proc/self/status": "CapEff:\t000001ffffffffff\nNSpid:\t1\n"}, able(), "proc", "", report.Usable, report.Found, "all processes of this PID namespace"},
		{"child PID namespace", map[string]string{"proc/self/ns/pid": "pid:[4026532178]"}, able(), "pid_namespace", "", report.Degraded, report.Missing, "4026532178"},
		{"container", map[string]string{"proc/self/cgroup": "0::/docker/" + strings.Repeat("ab", 32)}, able(), "container", "", report.Usable, report.Found, strings.Repeat("ab", 32) + " (docker)"},
		{"podman's mark", map[string]string{"run/.containerenv": "x"}, able(), "container", "", report.Usable, report.Found, "podman"},
		{"hidepid", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw,hidepid=invisible\n30 1 0:26 / /sys/fs/cgroup rw - cgroup2 c rw", "proc/self/status": caps("", unix.CAP_SYS_ADMIN)}, able(), "proc", "", report.Degraded, report.Missing, "hidepid=invisible"},
		{"hidepid of a mount over /proc", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n23 22 0:29 / /proc rw - proc proc rw,hidepid=2\n30 1 0:26 / /sys/fs/cgroup rw - cgroup2 c rw", "proc/self/status": caps("", unix.CAP_SYS_ADMIN)}, able(), "proc", "", report.Degraded, report.Missing, "hidepid=2"},
		{"hidepid of a covered /proc", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw,hidepid=2\n23 22 0:29 / /proc rw - proc proc rw\n30 1 0:26 / /sys/fs/cgroup rw - cgroup2 c rw", "proc/self/status": caps("", unix.CAP_SYS_ADMIN, unix.CAP_DAC_READ_SEARCH)}, able(), "proc", "", report.Degraded, report.Found, "shows all"},
		{"no cgroups", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw"}, able(), "cgroup", "", report.Degraded, report.Missing, "no cgroup file system"},
		{"covered cgroups", map[string]string{"proc/self/mountinfo": "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 c rw\n31 30 0:27 / /sys/fs/cgroup rw - tmpfs none rw", "sys/fs/cgroup/cgroup.procs": ""}, able(), "cgroup", "", report.Degraded, report.Missing, "cover those of cgroups at /sys/fs/cgroup:"},
		{"covered cgroups that are elsewhere, too", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n31 1 0:26 / /sys/fs/cgroup rw - cgroup2 c rw\n30 1 0:26 / /covered rw - cgroup2 c rw"}, able(), "cgroup", "", report.Usable, report.Found, "v2 alone, at /sys/fs/cgroup"},
		{"a covered hierarchy without controllers", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n30 1 0:26 / /sys/fs/cgroup rw - cgroup2 c rw\n31 1 0:28 / /sys/fs/cgroup/systemd rw - cgroup c rw,xattr,name=systemd"}, able(), "cgroup", "", report.Usable, report.Found, "v2 alone"},
		{"hybrid cgroups", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n31 1 0:26 / /sys/fs/cgroup/unified rw - cgroup2 c rw\n32 1 0:27 / /sys/fs/cgroup/memory rw - cgroup c rw,memory"}, able(), "cgroup", "", report.Usable, report.Found, "hybrid"},
		{"v1", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n32 1 0:27 / /sys/fs/cgroup/memory rw - cgroup c rw,memory"}, able(), "cgroup", "", report.Usable, report.Found, "v1 alone"},
		{"a container's own cgroups", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n32 1 0:27 /docker/x /sys/fs/cgroup/memory rw - cgroup c rw,memory"}, able(), "cgroup", "", report.Degraded, report.Missing, "below this process's own"},
		{"a container's own, of several", map[string]string{"proc/self/mountinfo": "22 1 0:21 / /proc rw - proc proc rw\n32 1 0:27 /docker/x /sys/fs/cgroup/memory rw - cgroup c rw,memory\n33 1 0:26 /docker/x /sys/fs/cgroup/unified rw - cgroup2 c rw"}, able(), "cgroup", "", report.Degraded, report.Missing, "at /sys/fs/cgroup/memory, /sys/fs/cgroup/unified:"},
		{"cgroup namespace", map[string]string{"proc/self/ns/cgroup": "cgroup:[4026532180]"}, able(), "cgroup", "", report.Degraded, report.Missing, "below this process's own"},
		{"no runtime", map[string]string{"var/lib/docker/containers/x": ""}, able(), "runtime", "", report.Usable, report.Unknowable, "named by their ids"},
		{"no /proc", map[string]string{"proc/self/status": "", "proc/self/ns/user": "", "proc/self/ns/pid": "", "proc/self/mountinfo": ""}, able(), "pid_namespace", "", report.Degraded, report.Unknowable, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := examine(with(c.files), c.trials)
			if got.Verdict != c.verdict {
				t.Errorf("verdict %s, want %s", got.Verdict, c.verdict)
			}
			check := checkOf(t, got, c.check, c.of)
			if check.Status != c.status || !strings.Contains(check.Says, c.says) {
				t.Errorf("%s %q, want %s %q", check.Status, check.Says, c.status, c.says)
			}
			if check.Status == report.Missing && check.Mend == "" && check.Of != "sys_enter" {
				t.Error("it says no way to mend it")
			}
			for _, check := range got.Checks {
				if strings.ContainsAny(check.Says+check.Mend, "\n\x1b") {
					t.Errorf("%s: more than a line: %q", check.Name, check.Says)
				}
			}
		})
	}
}

func TestUnreadableRuntime(t *testing.T) {
	for _, dir := range []string{"var/lib/docker/containers", "var/lib/docker"} {
		c := examine(unreadable{healthy(), dir}, able())
		check := checkOf(t, c, "runtime", "docker")
		if c.Verdict != report.Degraded || check.Status != report.Missing || !strings.Contains(check.Mend, "CAP_DAC_READ_SEARCH") {
			t.Errorf("%s: %s: %+v", dir, c.Verdict, check)
		}
	}
}

// TestGain: advice that cannot help is not given.
func TestGain(t *testing.T) {
	const none = "CapEff:\t0000000000000000\n"
	for name, c := range map[string]struct{ status, check, of, mend string }{
		"user":                {none + "CapBnd:\t000001ffffffffff\n", "capabilities", "", "run as root"},
		"container":           {none + "CapBnd:\t0000000000000000\n", "capabilities", "", "docker run --cap-add BPF --cap-add PERFMON"},
		"container, reading":  {none + "CapBnd:\t0000000000000000\n", "capabilities_proc", "CAP_SYS_PTRACE", "docker run --cap-add SYS_PTRACE"},
		"user, reading":       {none + "CapBnd:\t000001ffffffffff\n", "capabilities_proc", "CAP_DAC_READ_SEARCH", "give the program CAP_DAC_READ_SEARCH too"},
		"no new privileges":   {none + "CapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\n", "capabilities", "", "ambient"},
		"no new, for reading": {none + "CapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\n", "capabilities_proc", "CAP_SYS_PTRACE", "ambient"},
	} {
		check := checkOf(t, examine(with(map[string]string{"proc/self/status": c.status}), able()), c.check, c.of)
		if check.Status != report.Missing || !strings.Contains(check.Mend, c.mend) {
			t.Errorf("%s: %s, to mend it: %s, want %s", name, check.Status, check.Mend, c.mend)
		}
		if asRoot := strings.Contains(check.Mend, "run as root"); asRoot != strings.HasPrefix(name, "user") {
			t.Errorf("%s: to mend it: %s", name, check.Mend)
		}
	}
}

// TestOneReason: where nothing can be tried, that is said once and not by each trial.
func TestOneReason(t *testing.T) {
	none := able()
	none.programs, none.none = nil, &tracer.NotPossibleError{Missing: "capability CAP_BPF is missing", Fix: "run as root"}
	none.features = map[string]error{"helper loop": unix.EPERM, "map ringbuf": unix.EPERM}
	none.ring, none.twice, none.syscalls = unix.EPERM, none.none, unix.EPERM
	said := 0
	for _, check := range examine(healthy(), none).Checks {
		if strings.Contains(check.Says, "CAP_BPF is missing") || strings.Contains(check.Says, "not permitted") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("it is said %d times", said)
	}
}

// TestHostileStrings: what comes out of the machine is valid UTF-8 whatever it is.
func TestHostileStrings(t *testing.T) {
	c := Examine(&Machine{Release: "6.1\xff\x1b[2J", Root: healthy(), Try: able(), BufferBytes: 8 << 20})
	if says := checkOf(t, c, "kernel", "").Says; !strings.Contains(says, "6.1\uFFFD") {
		t.Errorf("%q", says)
	}
}

// TestOtherTracers: that they cannot be counted is no lack.
func TestOtherTracers(t *testing.T) {
	for _, c := range []struct {
		change func(*trials)
		says   string
		status report.Status
	}{
		{func(t *trials) { t.others = 2 }, "births: 2", report.Found},
		{func(t *trials) { t.noList = unix.EPERM }, "cannot be seen", report.Found},
		{func(t *trials) { t.twice = unix.EPERM }, "could not be tried", report.Unknowable},
	} {
		tried := able()
		c.change(&tried)
		if got := checkOf(t, examine(healthy(), tried), "two_tracers", ""); got.Status != c.status || !strings.Contains(got.Says, c.says) {
			t.Errorf("%s %q, want %s %q", got.Status, got.Says, c.status, c.says)
		}
	}
}

// TestRowsAreDistinct: programs that read the JSON find a check by its name.
func TestRowsAreDistinct(t *testing.T) {
	names := map[string]bool{}
	for _, row := range checks {
		names[row.name] = true
	}
	if len(names) != len(checks) {
		t.Errorf("%d rows have %d names: %v", len(checks), len(names), maps.Keys(names))
	}
}
