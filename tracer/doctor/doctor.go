//go:build linux

package doctor

import (
	"io"
	"io/fs"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/self"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// Machine is what is examined.
type Machine struct {
	// Release is the kernel's, by uname(2).
	Release string
	// Root is the root directory, as the program sees it.
	Root fs.FS
	// Try is for what no file tells.
	Try Trials
	// BufferBytes is the ring buffer that is to find room.
	BufferBytes int
}

// Trials are made on the kernel itself.
type Trials interface {
	// Features probes what the programs are made of: each feature that they need, and
	// nil or why the kernel lacks it.
	Features() map[string]error
	// Programs loads and attaches each program by itself, where there is room to trace with
	// a ring buffer of that many bytes.
	Programs(bufferBytes int) ([]tracer.Trial, error)
	// Ring makes a ring buffer of that many bytes.
	Ring(bytes int) error
	// Twice attaches two tracers' programs at the same time.
	Twice() error
	// Others counts other tracers of this kind that are attached.
	Others() (int, error)
	// Syscalls attaches what watches all system calls, until it is closed.
	Syscalls() (io.Closer, error)
}

// check is one row: what is looked at, what misses it, and the look.
type check struct {
	name string
	need report.Need
	look func(*examination) []finding
}

// finding is what one look found, of one thing or of several.
type finding struct {
	of     string
	status report.Status
	says   string
	mend   string
	// need replaces the row's where one thing matters less than others.
	need report.Need
	cost *report.SyscallCost
}

func found(says string) []finding { return []finding{{status: report.Found, says: says}} }

func missing(says, mend string) []finding {
	return []finding{{status: report.Missing, says: says, mend: mend}}
}

func unknown(says, mend string) []finding {
	return []finding{{status: report.Unknowable, says: says, mend: mend}}
}

// checks is everything that is looked at, in this order.
var checks = []check{
	{"kernel", report.ForNothing, kernel},
	{"btf", report.ForTracing, typeInformation},
	{"lockdown", report.ForNothing, lockdown},
	{"capabilities", report.ForTracing, capabilities},
	{"capabilities_proc", report.ForPart, procCapabilities},
	{"user_namespace", report.ForTracing, userNamespace},
	{"unprivileged_bpf", report.ForNothing, unprivileged},
	{"seccomp", report.ForNothing, seccomp},
	{"features", report.ForTracing, kernelFeatures},
	{"program", report.ForTracing, programs},
	{"ring_buffer", report.ForTracing, ring},
	{"memory_limit", report.ForPart, memoryLimit},
	{"open_files", report.ForTracing, openFiles},
	{"pid_namespace", report.ForPart, pidNamespace},
	{"container", report.ForNothing, inContainer},
	{"proc", report.ForPart, procMount},
	{"cgroup", report.ForPart, cgroupMode},
	{"runtime", report.ForPart, runtimes},
	{"two_tracers", report.ForNothing, twoTracers},
	{"syscalls", report.ForNothing, syscallCost},
}

// examination is a machine while it is looked at: what several rows need is read once.
type examination struct {
	*Machine
	// self is what the process may, selfErr why that is not known.
	self    self.Status
	selfErr error
	// programs is what came of the programs, triedErr why none could be tried.
	programs []tracer.Trial
	triedErr error
}

// Examine looks at all of it. It takes about two seconds.
func Examine(m *Machine) *report.Checkup {
	x := &examination{Machine: m}
	x.self, x.selfErr = self.ReadStatus(m.Root)
	x.programs, x.triedErr = m.Try.Programs(m.BufferBytes)
	c := &report.Checkup{}
	for _, row := range checks {
		for _, f := range row.look(x) {
			need := row.need
			if f.need != "" {
				need = f.need
			}
			c.Checks = append(c.Checks, report.Check{
				Name: row.name, Of: f.of, Status: f.status, For: need, Says: f.says, Mend: f.mend, Cost: f.cost,
			})
		}
	}
	c.Conclude()
	return c
}

// read returns a file's text without the white space around it, empty where it cannot
// be read. The kernel's strings may be anything; what comes back is valid UTF-8.
func (x *examination) read(path string) string {
	raw, err := fs.ReadFile(x.Root, path)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(raw)), "\uFFFD")
}

func (x *examination) link(path string) string {
	target, err := fs.ReadLink(x.Root, path)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(target, "\uFFFD")
}

func (x *examination) exists(path string) bool {
	_, err := fs.Stat(x.Root, path)
	return err == nil
}
