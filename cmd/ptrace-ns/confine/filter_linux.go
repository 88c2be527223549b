package confine

import (
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// filter installs the plan's filter in all threads. It goes with no_new_privs.
func filter(p Plan) error {
	program, err := p.program()
	if err != nil {
		return fmt.Errorf("filter of system calls: not assembled: %w", err)
	}
	code := make([]unix.SockFilter, len(program))
	for i, in := range program {
		code[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	other, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(code)
	switch {
	case errno != 0:
		return fmt.Errorf("filter of system calls: not installed: %w", errno)
	case other != 0: // seccomp(2): the first thread that did not take it
		return fmt.Errorf("filter of system calls: thread %d has another one", other)
	}
	return nil
}

// program is the filter's code: what is refused fails with EPERM, all else passes. Calls of
// another architecture than the program's own, as by int 0x80 on x86, have other numbers;
// the library passes them, so they are refused before its part.
func (p Plan) program() ([]bpf.RawInstruction, error) {
	own, err := arch.GetInfo("")
	if err != nil {
		return nil, err
	}
	policy := p.policy(own.SyscallNames)
	calls, err := policy.Assemble()
	if err != nil {
		return nil, err
	}
	const number, architecture = 0, 4 // struct seccomp_data (include/uapi/linux/seccomp.h)
	code := []bpf.Instruction{
		bpf.LoadAbsolute{Off: architecture, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(own.ID), SkipTrue: 1},
		bpf.RetConstant{Val: uint32(seccomp.ActionErrno) | uint32(unix.EPERM)},
		bpf.LoadAbsolute{Off: number, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: firstRecent, SkipTrue: uint8(len(recent)) + 1},
	}
	for i, nr := range recent {
		code = append(code, bpf.JumpIf{Cond: bpf.JumpEqual, Val: nr, SkipTrue: uint8(len(recent) - i)})
	}
	code = append(code, bpf.RetConstant{Val: uint32(seccomp.ActionErrno) | uint32(unix.ENOSYS)})
	return bpf.Assemble(append(code, calls...))
}

// firstRecent is from where on all architectures have the same numbers, and all calls of
// later have theirs (include/uapi/asm-generic/unistd.h).
const firstRecent = 424

// recent are the calls from there on that pass. All others, those that are yet to come
// included, fail with ENOSYS: whoever tries one has another way, as the C library with
// clone3, whose flags are where no filter sees them.
var recent = []uint32{unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_PIDFD_OPEN, unix.SYS_FACCESSAT2}

// policy says what is refused, of the calls that the architecture has.
func (p Plan) policy(has map[string]int) *seccomp.Policy {
	group := seccomp.SyscallGroup{Action: seccomp.ActionErrno}
	names := refused
	if !p.Files {
		names = slices.Concat(refused, changing)
	}
	if !p.Engines {
		names = slices.Concat(names, connecting)
	}
	for _, name := range names {
		if _, ok := has[name]; ok {
			group.Names = append(group.Names, name)
		}
	}
	unless := func(name string, argument uint32, values ...uint64) {
		c := seccomp.NameWithConditions{Name: name}
		for _, v := range values {
			c.Conditions = append(c.Conditions, seccomp.Condition{Argument: argument, Operation: seccomp.NotEqual, Value: v})
		}
		group.NamesWithCondtions = append(group.NamesWithCondtions, c)
	}
	// The library compares 64 bits where the kernel takes 32: what is allowed is told, so
	// that a number with other bits in its upper half is refused, whatever it is cut to.
	unless("bpf", 0, reading...)
	unless("prlimit64", 0, 0) // its own
	unless("ioctl", 1, terminal...)
	// Threads are all that it makes, and none in a namespace of its own.
	group.NamesWithCondtions = append(group.NamesWithCondtions,
		seccomp.NameWithConditions{Name: "clone", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsNotSet, Value: unix.CLONE_THREAD}}},
		seccomp.NameWithConditions{Name: "clone", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsSet, Value: namespaces}}})
	if p.Engines {
		unless("socket", 0, unix.AF_UNIX)
	}
	if !p.Files {
		for name, argument := range map[string]uint32{"open": 1, "openat": 2} {
			if _, ok := has[name]; !ok {
				continue
			}
			group.NamesWithCondtions = append(group.NamesWithCondtions, seccomp.NameWithConditions{
				Name: name, Conditions: []seccomp.Condition{{Argument: argument, Operation: seccomp.BitsSet, Value: writing}},
			})
		}
	}
	return &seccomp.Policy{DefaultAction: seccomp.ActionAllow, Syscalls: []seccomp.SyscallGroup{group}}
}

// writing are the flags of open(2) with which a file is made, emptied or written.
const writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC

// namespaces are the flags of clone(2) that make one.
const namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWTIME

// terminal are the commands of ioctl(2) by which top has its terminal send keys one by one,
// and all ask how wide theirs is. None types into it (TIOCSTI), or changes a file's flags.
var terminal = []uint64{unix.TCGETS, unix.TCSETS, unix.TIOCGWINSZ}

// reading are the commands of bpf(2) that reading counters, and a look by the iterator that
// is loaded, take. None loads a program or makes a map, which the kernel lets users without
// rights do where unprivileged_bpf_disabled is 0.
var reading = []uint64{
	unix.BPF_MAP_LOOKUP_ELEM, unix.BPF_MAP_UPDATE_ELEM, unix.BPF_MAP_DELETE_ELEM, unix.BPF_MAP_GET_NEXT_KEY, unix.BPF_MAP_LOOKUP_BATCH,
	unix.BPF_OBJ_GET_INFO_BY_FD, unix.BPF_LINK_CREATE, unix.BPF_ITER_CREATE,
}

// refused are system calls that the program does not make once it traces. What is not
// listed, and not recent, is allowed: a list of what is would break with the next Go runtime.
var refused = []string{
	// other programs
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "move_pages", "migrate_pages",
	"sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "setpriority", "ioprio_set",
	// files other than by their paths, which CAP_DAC_READ_SEARCH would have (open_by_handle_at(2))
	"open_by_handle_at", "name_to_handle_at",
	// mounts and namespaces
	"mount", "umount2", "pivot_root", "chroot", "setns", "unshare",
	// the machine
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "quotactl", "acct", "iopl", "ioperm", "syslog",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "add_key", "request_key", "keyctl", "mknod", "mknodat",
	// who it is
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
	// what only offers the kernel's less trodden paths
	"userfaultfd", "perf_event_open", "fanotify_init", "modify_ldt", "uselib", "personality", "lookup_dcookie",
	"mq_open", "mq_unlink", "shmget", "shmat", "shmctl", "msgget", "msgctl", "semget", "semctl",
	// sockets that others find
	"bind", "listen", "accept", "accept4", "socketpair",
}

// changing are refused where no file is made or removed any more, as are flags of open:
// then a tracer whose user is root writes to what is open, and to nothing else.
var changing = []string{
	"creat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate",
	"chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat",
	"setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
}

// connecting are refused where no container engine is asked: whose user may talk to one
// may do all that it does.
var connecting = []string{"socket", "connect"}
