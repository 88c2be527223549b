//go:build linux

package doctor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// Live is this machine.
func Live(bufferBytes int) *Machine {
	var uts unix.Utsname
	_ = unix.Uname(&uts) // fails on a bad address only
	return &Machine{Release: unix.ByteSliceToString(uts.Release[:]), Root: os.DirFS("/"), Try: live{}, BufferBytes: bufferBytes}
}

// errLacking says that the kernel does not have a feature, as against that it could
// not be probed.
var errLacking = errors.New("the kernel lacks it")

// live makes the trials on the running kernel.
type live struct{}

// helpers are those of the programs that came last into the kernel, and those that
// it may refuse. They are probed for raw tracepoints: programs of type tracing
// cannot be probed alone, and have all of these.
var helpers = map[string]asm.BuiltinFunc{
	"helper ringbuf_reserve": asm.FnRingbufReserve, "helper loop": asm.FnLoop,
	"helper ktime_get_boot_ns": asm.FnKtimeGetBootNs, "helper get_current_task_btf": asm.FnGetCurrentTaskBtf,
	"helper probe_read_kernel": asm.FnProbeReadKernel, "helper probe_read_user": asm.FnProbeReadUser,
}

func (live) Features() map[string]error {
	all := map[string]error{
		"map ringbuf": told(features.HaveMapType(ebpf.RingBuf)),
	}
	for name, helper := range helpers {
		all[name] = told(features.HaveProgramHelper(ebpf.RawTracepoint, helper))
	}
	return all
}

func told(err error) error {
	if errors.Is(err, ebpf.ErrNotSupported) {
		return errLacking
	}
	return err
}

func (live) Programs(bufferBytes int) ([]tracer.Trial, error) { return tracer.TryPrograms(bufferBytes) }

func (live) Ring(bytes int) error {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(bytes)})
	if err != nil {
		return fmt.Errorf("ring buffer of %d bytes: %w", bytes, err)
	}
	return m.Close()
}

func (live) Twice() error { return tracer.TryTwice() }

func (live) Syscalls() (io.Closer, error) { return tracer.AttachSyscalls() }

// Others counts the programs for births that are loaded: each tracer has one, and none
// is this one's now. Who may list programs has CAP_SYS_ADMIN.
func (live) Others() (n int, err error) {
	for id := ebpf.ProgramID(0); ; {
		id, err = ebpf.ProgramGetNextID(id)
		if errors.Is(err, fs.ErrNotExist) {
			return n, nil
		}
		if err != nil {
			return 0, fmt.Errorf("loaded programs: %w", err)
		}
		prog, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue // unloaded meanwhile
		}
		if info, err := prog.Info(); err == nil && info.Type == ebpf.Tracing && info.Name == "task_newtask" {
			n++
		}
		_ = prog.Close()
	}
}
