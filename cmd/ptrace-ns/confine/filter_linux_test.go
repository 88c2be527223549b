package confine

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// planEnv has the test binary apply a plan and make calls, instead of tests.
const planEnv = "PTRACE_NS_TEST_PLAN"

func TestMain(m *testing.M) {
	if plan := os.Getenv(planEnv); plan != "" {
		os.Exit(confinedChild(plan))
	}
	os.Exit(m.Run())
}

// call is a system call that passes, or fails of its arguments, without a filter.
type call struct {
	name     string
	nr       uintptr
	args     [3]uintptr
	files    bool // refused with Plan.Files, too
	engines  bool // refused with Plan.Engines, too
	harmless bool // never refused
}

const high = 1 << 32 // the kernel cuts it off

// tried are calls with pointers that nobody has: none does anything.
func tried(path *byte) []call {
	name, here := uintptr(unsafe.Pointer(path)), ^uintptr(99) // AT_FDCWD
	return []call{
		{"socket of IPv4", unix.SYS_SOCKET, [3]uintptr{unix.AF_INET, unix.SOCK_DGRAM}, true, true, false},
		{"socket of IPv4, by more bits", unix.SYS_SOCKET, [3]uintptr{high | unix.AF_INET, unix.SOCK_DGRAM}, true, true, false},
		{"socket of IPv6", unix.SYS_SOCKET, [3]uintptr{unix.AF_INET6, unix.SOCK_DGRAM}, true, true, false},
		{"socket of netlink", unix.SYS_SOCKET, [3]uintptr{unix.AF_NETLINK, unix.SOCK_RAW}, true, true, false},
		{"socket of packets", unix.SYS_SOCKET, [3]uintptr{unix.AF_PACKET, unix.SOCK_RAW}, true, true, false},
		{"socket of a family of later", unix.SYS_SOCKET, [3]uintptr{200, unix.SOCK_RAW}, true, true, false},
		{"Unix socket", unix.SYS_SOCKET, [3]uintptr{unix.AF_UNIX, unix.SOCK_STREAM}, true, false, false},
		{"execve", unix.SYS_EXECVE, [3]uintptr{}, true, true, false},
		{"execveat", unix.SYS_EXECVEAT, [3]uintptr{^uintptr(0)}, true, true, false},
		{"ptrace", unix.SYS_PTRACE, [3]uintptr{unix.PTRACE_CONT, 0x7fffffff}, true, true, false},
		{"process_vm_writev", unix.SYS_PROCESS_VM_WRITEV, [3]uintptr{0x7fffffff}, true, true, false},
		{"open_by_handle_at", unix.SYS_OPEN_BY_HANDLE_AT, [3]uintptr{here}, true, true, false},
		{"openat2", unix.SYS_OPENAT2, [3]uintptr{here, name}, true, true, false},
		{"clone of a process", unix.SYS_CLONE, [3]uintptr{unix.CLONE_SIGHAND}, true, true, false},
		{"clone with a namespace", unix.SYS_CLONE, [3]uintptr{unix.CLONE_NEWUSER | unix.CLONE_FS}, true, true, false},
		{"clone of a thread with a namespace", unix.SYS_CLONE, [3]uintptr{unix.CLONE_THREAD | unix.CLONE_NEWNET}, true, true, false},
		{"clone of a thread", unix.SYS_CLONE, [3]uintptr{unix.CLONE_THREAD}, false, false, true},
		{"clone3", unix.SYS_CLONE3, [3]uintptr{}, true, true, false},
		{"ioctl that types", unix.SYS_IOCTL, [3]uintptr{^uintptr(0), unix.TIOCSTI}, true, true, false},
		{"ioctl that types, by more bits", unix.SYS_IOCTL, [3]uintptr{^uintptr(0), high | unix.TIOCSTI}, true, true, false},
		{"ioctl of a file's flags", unix.SYS_IOCTL, [3]uintptr{^uintptr(0), unix.FS_IOC_SETFLAGS}, true, true, false},
		{"ioctl of a terminal", unix.SYS_IOCTL, [3]uintptr{^uintptr(0), unix.TCGETS}, false, false, true},
		{"pidfd_open", unix.SYS_PIDFD_OPEN, [3]uintptr{^uintptr(0)}, false, false, true},
		{"setns", unix.SYS_SETNS, [3]uintptr{^uintptr(0)}, true, true, false},
		{"mount", unix.SYS_MOUNT, [3]uintptr{}, true, true, false},
		{"bpf: load", unix.SYS_BPF, [3]uintptr{unix.BPF_PROG_LOAD}, true, true, false},
		{"bpf: load, by more bits", unix.SYS_BPF, [3]uintptr{high | unix.BPF_PROG_LOAD}, true, true, false},
		{"limits of another", unix.SYS_PRLIMIT64, [3]uintptr{uintptr(os.Getppid()), unix.RLIMIT_NOFILE}, true, true, false},
		{"own limits", unix.SYS_PRLIMIT64, [3]uintptr{0, unix.RLIMIT_NOFILE}, false, false, true},
		{"open to read", unix.SYS_OPENAT, [3]uintptr{here, name, unix.O_RDONLY | unix.O_CLOEXEC}, false, false, true},
		{"open to write", unix.SYS_OPENAT, [3]uintptr{here, name, unix.O_WRONLY}, false, true, false},
		{"open to write, by more bits", unix.SYS_OPENAT, [3]uintptr{here, name, high | unix.O_RDWR}, false, true, false},
		{"open to empty", unix.SYS_OPENAT, [3]uintptr{here, name, unix.O_TRUNC}, false, true, false},
		{"unlinkat", unix.SYS_UNLINKAT, [3]uintptr{here, 0}, false, true, false},
		{"fchmodat", unix.SYS_FCHMODAT, [3]uintptr{here, 0}, false, true, false},
	}
}

// confinedChild makes each call without and with the filter, and writes both errors.
func confinedChild(plan string) int {
	var p Plan
	path, err := unix.BytePtrFromString(os.Getenv(planEnv + "_PATH"))
	if err = errors.Join(err, json.Unmarshal([]byte(plan), &p)); err != nil {
		fmt.Println(err)
		return 1
	}
	var before []unix.Errno
	for _, c := range tried(path) {
		_, _, errno := unix.RawSyscall6(c.nr, c.args[0], c.args[1], c.args[2], 0, 0, 0)
		before = append(before, errno)
	}
	if done, err := Apply(p); err != nil || done.Filter != nil {
		fmt.Println(err, done.Filter)
		return 1
	}
	for i, c := range tried(path) {
		_, _, errno := unix.RawSyscall6(c.nr, c.args[0], c.args[1], c.args[2], 0, 0, 0)
		fmt.Println(int(before[i]), int(errno))
	}
	return 0
}

// TestFilter asks the kernel itself what passes.
func TestFilter(t *testing.T) {
	kerneltest.RequireRoot(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []Plan{{}, {Files: true}, {Engines: true}, {Files: true, Engines: true, Command: true}} {
		plan, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), planEnv+"="+string(plan), planEnv+"_PATH="+path)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v: %s", plan, err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		calls := tried(nil)
		if len(lines) != len(calls) {
			t.Fatalf("%s: %d lines for %d calls: %s", plan, len(lines), len(calls), out)
		}
		for i, c := range calls {
			var before, after unix.Errno
			if _, err := fmt.Sscan(lines[i], (*uintptr)(&before), (*uintptr)(&after)); err != nil {
				t.Fatal(err)
			}
			refused := !c.harmless && (c.files || !p.Files) && (c.engines || !p.Engines)
			if is := after == unix.EPERM || after == unix.ENOSYS; before == unix.EPERM || before == unix.ENOSYS || refused != is {
				t.Errorf("%s: %s: %v before and %v after, want it refused: %t", plan, c.name, before, after, refused)
			}
		}
	}
}

// TestFilterForeign: the 32-bit ABI of x86 has other numbers for the same calls.
func TestFilterForeign(t *testing.T) {
	helper := kerneltest.CompileHelper(t, "foreign")
	program, err := Plan{Files: true, Engines: true}.program()
	if err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	for _, in := range program {
		if err := binary.Write(&code, binary.NativeEndian, in); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(helper)
	cmd.Stdin = &code
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() == 77 {
		t.Skip("this kernel has no 32-bit ABI")
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d calls: %s", len(lines), out)
	}
	for _, line := range lines {
		var name string
		var before, after unix.Errno
		if _, err := fmt.Sscan(line, &name, (*uintptr)(&before), (*uintptr)(&after)); err != nil {
			t.Fatal(err)
		}
		if before == unix.EPERM || after != unix.EPERM {
			t.Errorf("%s by the 32-bit ABI: %v before and %v after, want it refused", name, before, after)
		}
	}
}

// filterOf returns what a plan's filter answers to a call of an architecture.
func filterOf(t *testing.T, p Plan) func(nr, arch uint32) int {
	t.Helper()
	program, err := p.program()
	if err != nil {
		t.Fatal(err)
	}
	instructions, ok := bpf.Disassemble(program)
	if !ok {
		t.Fatal("the program has instructions that are none")
	}
	vm, err := bpf.NewVM(instructions)
	if err != nil {
		t.Fatal(err)
	}
	return func(nr, arch uint32) int {
		t.Helper()
		data := make([]byte, 64) // struct seccomp_data, in the order in which this VM loads
		binary.BigEndian.PutUint32(data, nr)
		binary.BigEndian.PutUint32(data[4:], arch)
		action, err := vm.Run(data)
		if err != nil {
			t.Fatal(err)
		}
		return action
	}
}

// TestFilterX32: x86 has all calls once more, by numbers with bit 30 set and of the same
// architecture. Few kernels answer them, so the filter is asked alone.
func TestFilterX32(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("x32 is of x86")
	}
	answer := filterOf(t, Plan{Files: true, Engines: true})
	const x32 = 1 << 30
	for nr, want := range map[uint32]bool{
		unix.SYS_GETPID: true, unix.SYS_EXECVE: false, x32 | unix.SYS_GETPID: false, x32 | unix.SYS_EXECVE: false, x32 | unix.SYS_SOCKET: false, x32 | 520: false, // execve of x32
	} {
		if action := answer(nr, unix.AUDIT_ARCH_X86_64); action == unix.SECCOMP_RET_ALLOW != want {
			t.Errorf("call %#x: action %#x, want it to pass: %t", nr, action, want)
		}
	}
}

// TestFilterLater: of calls by the numbers that all architectures share few pass, and none
// that this kernel does not have yet.
func TestFilterLater(t *testing.T) {
	own, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Plan{{}, {Files: true, Engines: true, Command: true}} {
		answer := filterOf(t, p)
		for nr := uint32(400); nr < 1000; nr++ {
			action := answer(nr, uint32(own.ID))
			want := nr < firstRecent || slices.Contains([]uint32{424, 434, 439}, nr)
			if passes := action == unix.SECCOMP_RET_ALLOW; passes != want {
				t.Errorf("%+v: call %d: action %#x, want it to pass: %t", p, nr, action, want)
			}
		}
	}
}

// TestRefusedAreCalls: a misspelt name would be passed over in silence.
func TestRefusedAreCalls(t *testing.T) {
	// Of old calls that were replaced arm64 has none.
	old := strings.Fields("iopl ioperm mknod modify_ldt uselib creat mkdir rmdir unlink rename link symlink chmod chown lchown utime utimes futimesat fork vfork")
	for _, machine := range []string{"amd64", "arm64"} {
		calls, err := arch.GetInfo(machine)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Concat(refused, changing, connecting) {
			nr, ok := calls.SyscallNames[name]
			if !ok && (machine == "amd64" || !slices.Contains(old, name)) {
				t.Errorf("%s: no system call %s", machine, name)
			}
			if nr >= firstRecent {
				t.Errorf("%s: %s is refused already, by its number", machine, name)
			}
		}
		for _, p := range []Plan{{}, {Files: true}, {Engines: true}} {
			// The library assembles for the machine that it runs on alone.
			for _, group := range p.policy(calls.SyscallNames).Syscalls {
				for _, c := range group.NamesWithCondtions {
					group.Names = append(group.Names, c.Name)
				}
				for _, name := range group.Names {
					if _, ok := calls.SyscallNames[name]; !ok {
						t.Errorf("%s: %+v names %s, which is no system call", machine, p, name)
					}
				}
			}
			if _, err := p.program(); err != nil {
				t.Errorf("%+v: %v", p, err)
			}
		}
	}
}
