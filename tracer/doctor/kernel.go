//go:build linux

package doctor

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// kernel tells the release, which decides nothing: distributions move changes between
// versions.
func kernel(x *examination) []finding {
	return found("Linux " + strings.ToValidUTF8(x.Release, "\uFFFD") + "; written for 6.1 and later, what this one can do is below")
}

func typeInformation(x *examination) []finding {
	switch err := x.typeHeader(); {
	case err == nil && x.typesRefused():
		return missing("/sys/kernel/btf/vmlinux is there, and cannot be parsed: see program", wholeTypes)
	case err == nil:
		return found("/sys/kernel/btf/vmlinux is there and whole")
	case !errors.Is(err, fs.ErrNotExist):
		return missing("/sys/kernel/btf/vmlinux: "+oneLine(err), wholeTypes)
	}
	return missing("/sys/kernel/btf/vmlinux is not there",
		"use a kernel built with CONFIG_DEBUG_INFO_BTF=y (distributions' kernels from 5.8 on are); in a container, mount /sys")
}

// wholeTypes mends what is there and of no use.
const wholeTypes = "unmount what covers it, or use a distribution's kernel from 5.8 on: its own file is whole"

// typeHeader says why the kernel's types are none by their first bytes: all of them are
// parsed by what loads the programs.
func (x *examination) typeHeader() error {
	f, err := x.Root.Open("sys/kernel/btf/vmlinux")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// struct btf_header, include/uapi/linux/btf.h, in the machine's own byte order.
	var h struct {
		Magic                                                      uint16
		Version, Flags                                             uint8
		HeaderLen, TypeOffset, TypeLen, StringOffset, StringLength uint32
	}
	if err := binary.Read(f, binary.NativeEndian, &h); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	switch size := uint64(h.HeaderLen) + uint64(h.StringOffset) + uint64(h.StringLength); {
	case h.Magic != 0xeb9f:
		return errors.New("it is no type information")
	case uint64(info.Size()) < size:
		return fmt.Errorf("it is cut: %d bytes of %d", info.Size(), size)
	}
	return nil
}

// typesRefused reports whether the tracer could not use them, whole as they look.
func (x *examination) typesRefused() bool { return errors.Is(x.triedErr, tracer.ErrTypes) }

// lockdown decides by itself nothing either: at confidentiality no program may call
// bpf_probe_read_kernel, and the trials below show whether it can do without.
func lockdown(x *examination) []finding {
	level := x.lockdownLevel()
	switch {
	case level == "":
		return unknown("/sys/kernel/security/lockdown cannot be read", "mount securityfs: mount -t securityfs none /sys/kernel/security; where it has no lockdown the kernel has none")
	case level == confidentiality && !x.programsWork():
		return missing("at confidentiality, where no BPF program may read the kernel's memory by helper",
			"boot without lockdown=confidentiality (integrity does no harm), or use Linux 6.2 or later")
	}
	return found("at " + level + ", which does no harm")
}

// confidentiality is the level of lockdown at which helpers may not read the kernel.
const confidentiality = "confidentiality"

// lockdownLevel is the level in brackets, empty where it is not known.
func (x *examination) lockdownLevel() string {
	_, rest, _ := strings.Cut(x.read("sys/kernel/security/lockdown"), "[")
	level, _, _ := strings.Cut(rest, "]")
	return level
}

// programsWork reports whether each program was verified and attached.
func (x *examination) programsWork() bool {
	return x.triedErr == nil && !slices.ContainsFunc(x.programs, func(t tracer.Trial) bool { return t.Err != nil })
}

func kernelFeatures(x *examination) (all []finding) {
	if x.triedErr != nil {
		// Each would fail of the same, in the words of who probes.
		return unknown("not probed: see program", "")
	}
	tried := x.Try.Features()
	for _, name := range slices.Sorted(maps.Keys(tried)) {
		f := finding{of: name, status: report.Found, says: "the kernel has it"}
		if err := tried[name]; err != nil && strings.HasPrefix(name, "helper probe_read_") &&
			x.lockdownLevel() == confidentiality && x.programsWork() {
			f.says = "not to be probed under lockdown; the programs below show that it is not missed"
		} else if err != nil {
			f.status, f.says, f.mend = report.Unknowable, oneLine(err), "see capabilities and program"
			if errors.Is(err, errLacking) {
				f.status, f.mend = report.Missing, "use Linux 6.1 or later"
			}
		}
		all = append(all, f)
	}
	return all
}

// programs tells each by itself. The system calls' are wanted by a mode alone.
func programs(x *examination) (all []finding) {
	if x.triedErr != nil {
		says, mend := split(x.triedErr)
		return missing("none could be tried: "+says, mend)
	}
	for _, t := range x.programs {
		f := finding{of: t.Program, status: report.Found, says: "verified and attached to " + t.Hook}
		if t.Iterator {
			f.says = "verified and run over all tasks"
		}
		if t.Program != t.Hook && !t.Iterator {
			f.says += ", the variant for this kernel's prototype"
		}
		if t.Instructions > 0 {
			f.says += fmt.Sprintf("; the verifier passed %d instructions", t.Instructions)
		}
		if t.Program == "sys_enter" || t.Program == "sys_exit" {
			f.need = report.ForPart
		}
		if t.Err != nil {
			f.status = report.Missing
			f.says, f.mend = split(t.Err)
		}
		all = append(all, f)
	}
	return all
}

// split takes apart what the tracer says is missing and how that is mended.
func split(err error) (says, mend string) {
	var impossible *tracer.NotPossibleError
	if !errors.As(err, &impossible) {
		return oneLine(err), ""
	}
	says = impossible.Missing
	if impossible.Err != nil {
		says += " (" + oneLine(impossible.Err) + ")"
	}
	return says, impossible.Fix
}

// oneLine is an error without the verifier's log below it.
func oneLine(err error) string {
	line, _, _ := strings.Cut(strings.ToValidUTF8(err.Error(), "\uFFFD"), "\n")
	return cmp.Or(strings.TrimSpace(line), "an error that says nothing")
}

func twoTracers(x *examination) []finding {
	if x.triedErr != nil {
		return unknown("not tried: see program", "")
	}
	if err := x.Try.Twice(); err != nil {
		return unknown("two at once could not be tried: "+oneLine(err), "see program")
	}
	others, err := x.Try.Others()
	switch {
	case err != nil:
		return found("two may be attached at once; whether another is now cannot be seen (" + oneLine(err) + ")")
	case others == 0:
		return found("two may be attached at once; no other is now")
	}
	return found(fmt.Sprintf("two may be attached at once; others now, by their programs for births: %d, be they tracers or doctors at work. Each tracer sees all and costs its own", others))
}
