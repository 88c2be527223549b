//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/self"
)

const btfPath = "/sys/kernel/btf/vmlinux"

// hereRoot is where this machine's files are.
var hereRoot = os.DirFS("/")

// checkPossible finds what is missing before anything is loaded.
func checkPossible(n needs) error { return possibleOn(hereRoot, n) }

func possibleOn(root fs.FS, n needs) error {
	status, err := self.ReadStatus(root)
	if err != nil {
		return &NotPossibleError{
			Missing: "/proc is not mounted, or cannot be read",
			Fix:     "mount it: mount -t proc proc /proc",
			Err:     err,
		}
	}
	if !self.WholeProc(root) {
		return &NotPossibleError{
			Missing: "/proc shows processes alone (subset=pid): it has no /proc/sys, by which a boot is told from another",
			Fix:     "mount it whole: mount -t proc proc /proc",
		}
	}
	if err := lacking(status); err != nil {
		return err
	}
	if initial, known := self.InitialUserNS(root); known && !initial {
		return &NotPossibleError{
			Missing: "this is a user namespace, and BPF heeds only the capabilities of the initial one",
			Fix:     "run outside of it, as root",
		}
	}
	if _, err := fs.Stat(root, strings.TrimPrefix(btfPath, "/")); err != nil {
		return &NotPossibleError{
			Missing: "the kernel tells no type information",
			Fix:     "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (distributions' kernels from 5.8 on are); in a container, mount /sys",
			Err:     err,
		}
	}
	if err := checkFiles(root, n.files); err != nil {
		return err
	}
	return CheckMemory(root, n.buffer)
}

// lacking names the capabilities that loading and attaching need and that are not
// effective, nil for none. CAP_SYS_ADMIN stands for both (bpf_capable, perfmon_capable
// in include/linux/capability.h).
func lacking(status self.Status) error {
	if status.Has(unix.CAP_SYS_ADMIN) {
		return nil
	}
	var names []string
	var numbers []int
	for _, c := range []struct {
		name   string
		number int
	}{{"CAP_BPF", unix.CAP_BPF}, {"CAP_PERFMON", unix.CAP_PERFMON}} {
		if !status.Has(c.number) {
			names, numbers = append(names, c.name), append(numbers, c.number)
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return &NotPossibleError{Missing: "capability " + names[0] + " is missing", Fix: status.Gain(names, numbers)}
	}
	return &NotPossibleError{Missing: "capabilities " + strings.Join(names, " and ") + " are missing", Fix: status.Gain(names, numbers)}
}

// noTypes is whyNot of the kernel's type information. What fails of no limit and no right
// is a file that is no such thing.
func noTypes(err error) error {
	why := whyNot("the kernel's type information", err)
	var impossible *NotPossibleError
	if errors.As(why, &impossible) {
		return why
	}
	return &NotPossibleError{
		Missing: "the kernel's type information is of no use",
		Fix:     "unmount what covers " + btfPath + ", or use a distribution's kernel from 5.8 on: its own file is whole",
		Err:     fmt.Errorf("%w: %w", ErrTypes, err),
	}
}

// whyNot turns an error of loading or attaching into one that says what is
// missing. The verifier's log is for who mends the programs, not for who runs them.
func whyNot(what string, err error) error {
	status, _ := self.ReadStatus(hereRoot)
	switch {
	case errors.Is(err, unix.ENFILE):
		return &NotPossibleError{
			Missing: "too many files are open on this machine for " + what,
			Fix:     "raise fs.file-max, or end what has them open",
			Err:     unix.ENFILE,
		}
	case errors.Is(err, unix.EMFILE), strings.Contains(err.Error(), unix.EMFILE.Error()):
		// Whatever the library was at; of a descriptor that it copies it keeps the text alone.
		return &NotPossibleError{
			Missing: "too few files may be open for " + what,
			Fix:     enoughFiles,
			Err:     unix.EMFILE,
		}
	case errors.Is(err, unix.ENOMEM):
		return &NotPossibleError{
			Missing: "there is no memory for " + what,
			Fix:     "choose a smaller ring buffer, or raise the limit of the memory cgroup, which is charged for it",
			Err:     bare(err),
		}
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM) && status.Seccomp != 0:
		return &NotPossibleError{
			Missing: "the bpf system call is refused by a seccomp filter",
			Fix:     "run outside of the sandbox, or allow bpf in its profile",
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
