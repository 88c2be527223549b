//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

const btfPath = "/sys/kernel/btf/vmlinux"

// procStatus is what /proc/self/status says of our own rights.
type procStatus struct {
	capEff  uint64
	seccomp int
}

func readProcStatus() (s procStatus, err error) {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return s, fmt.Errorf("own capabilities: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "CapEff":
			_, err = fmt.Sscanf(value, "%x", &s.capEff)
		case "Seccomp":
			_, err = fmt.Sscanf(value, "%d", &s.seccomp)
		}
		if err != nil {
			return s, fmt.Errorf("/proc/self/status: %s: %w", key, err)
		}
	}
	return s, nil
}

func (s procStatus) has(capability int) bool { return s.capEff&(1<<capability) != 0 }

// missingCaps names the capabilities that loading and attaching need and that
// are not effective. CAP_SYS_ADMIN stands for both.
func (s procStatus) missingCaps() []string {
	if s.has(unix.CAP_SYS_ADMIN) {
		return nil
	}
	var missing []string
	if !s.has(unix.CAP_BPF) {
		missing = append(missing, "CAP_BPF")
	}
	if !s.has(unix.CAP_PERFMON) {
		missing = append(missing, "CAP_PERFMON")
	}
	return missing
}

// checkPossible finds what is missing before anything is loaded.
func checkPossible() error {
	status, err := readProcStatus()
	if err != nil {
		return err
	}
	if missing := status.missingCaps(); len(missing) > 0 {
		return lacking(missing)
	}
	if !inInitialUserNS() {
		return &NotPossibleError{
			Missing: "this is a user namespace, and BPF heeds only the capabilities of the initial one",
			Fix:     "run outside of it, as root",
		}
	}
	if _, err := os.Stat(btfPath); err != nil {
		return &NotPossibleError{
			Missing: "the kernel tells no type information",
			Fix:     "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (distributions' kernels from 5.8 on are)",
			Err:     err,
		}
	}
	return nil
}

func lacking(capabilities []string) error {
	if len(capabilities) == 1 {
		return &NotPossibleError{
			Missing: "capability " + capabilities[0] + " is missing",
			Fix:     "run as root, or give the program " + capabilities[0] + " too",
		}
	}
	return &NotPossibleError{
		Missing: "capabilities " + strings.Join(capabilities, " and ") + " are missing",
		Fix:     "run as root, or give both: setcap cap_bpf,cap_perfmon=ep PATH-OF-THE-PROGRAM",
	}
}

// inInitialUserNS reports whether all user ids are mapped onto themselves.
func inInitialUserNS() bool {
	raw, err := os.ReadFile("/proc/self/uid_map")
	return err != nil || strings.Join(strings.Fields(string(raw)), " ") == "0 0 4294967295"
}

// whyNot turns an error of loading or attaching into one that says what is
// missing. The verifier's log is for who mends the programs, not for who runs them.
func whyNot(what string, err error) error {
	status, _ := readProcStatus()
	switch {
	case errors.Is(err, unix.EMFILE), strings.Contains(err.Error(), unix.EMFILE.Error()):
		// Whatever the library was at; of a descriptor that it copies it keeps the text alone.
		return &NotPossibleError{
			Missing: "too few files may be open for " + what,
			Fix:     "raise the limit (ulimit -n): 256 are enough",
			Err:     unix.EMFILE,
		}
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM) && status.seccomp != 0:
		return &NotPossibleError{
			Missing: "the bpf system call is refused by a seccomp filter",
			Fix:     "run outside of the sandbox, or allow bpf and perf_event_open in its profile",
			Err:     bare(err),
		}
	case errors.Is(err, unix.EINVAL) && confidential():
		return &NotPossibleError{
			Missing: "kernel lockdown is at confidentiality, where this kernel lets no BPF program read its memory",
			Fix:     "boot without lockdown=confidentiality (integrity does no harm), or use Linux 6.2 or later",
			Err:     bare(err),
		}
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES) && !isVerifier(err):
		return &NotPossibleError{
			Missing: "the kernel refused " + what + " in spite of the capabilities",
			Fix:     "look at /sys/kernel/security/lockdown and at the security modules' log",
			Err:     bare(err),
		}
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.EINVAL), isVerifier(err):
		return &NotPossibleError{
			Missing: "this kernel cannot run " + what,
			Fix:     "use Linux 6.1 or later",
			Err:     firstLine(what, err),
		}
	case errors.Is(err, unix.ENOMEM):
		return &NotPossibleError{
			Missing: "there is no memory for " + what,
			Fix:     "choose a smaller ring buffer, or raise the limit of the memory cgroup, which is charged for it",
			Err:     bare(err),
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

func isVerifier(err error) bool {
	var v *ebpf.VerifierError
	return errors.As(err, &v)
}

// bare returns the kernel's own word alone. The library's guess beside it, a limit
// on locked memory, is not what is missing here.
func bare(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// firstLine cuts the verifier's log off the error's text, and keeps the error.
func firstLine(what string, err error) error {
	var v *ebpf.VerifierError
	if errors.As(err, &v) {
		return fmt.Errorf("%s: %w", what, v.Cause)
	}
	return err
}
