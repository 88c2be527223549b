//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// able is a machine that can be traced; with changes some of its files.
func able(changes map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for path, text := range map[string]string{
		"proc/self/status":               "CapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n",
		"proc/self/ns/user":              "user:[4026531837]",
		"proc/self/cgroup":               "0::/x\n",
		"proc/self/mountinfo":            "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
		"sys/kernel/btf/vmlinux":         "btf",
		"proc/self/limits":               "Max open files            1024                 524288               files\n",
		"proc/sys/kernel/random/boot_id": "0\n",
	} {
		if to, ok := changes[path]; ok {
			text = to
		}
		if text != "" {
			m[path] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	if limit := changes["memory.max"]; limit != "" {
		m["sys/fs/cgroup/x/memory.max"] = &fstest.MapFile{Data: []byte(limit + "\n")}
	}
	if link := m["proc/self/ns/user"]; link != nil {
		link.Mode = fs.ModeSymlink
	}
	return m
}

// TestR10Lacking: what is missing is named, and nothing else, with a way to have it that
// works where one is.
func TestR10Lacking(t *testing.T) {
	caps := func(effective, bounding, more string) map[string]string {
		return map[string]string{"proc/self/status": "CapEff:\t" + effective + "\nCapBnd:\t" + bounding + "\n" + more}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // what it takes grows by them
	const all, none, bpf = "000001ffffffffff", "0000000000000000", "0000008000000000"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nothing":        {nil, ""},
		"capabilities":   {caps(none, all, ""), "capabilities CAP_BPF and CAP_PERFMON are missing; run as root, or give both: setcap cap_bpf,cap_perfmon=ep PATH-OF-THE-PROGRAM"},
		"one":            {caps(bpf, all, ""), "capability CAP_PERFMON is missing; run as root, or give the program CAP_PERFMON too (setcap sets all that it has at once)"},
		"bounding set":   {caps(none, bpf, ""), "capabilities CAP_BPF and CAP_PERFMON are missing; start the container, unit or session with it (docker run --cap-add BPF --cap-add PERFMON, with Docker before 23.0, which does not know CAP_BPF, --cap-add SYS_ADMIN; CapabilityBoundingSet=CAP_BPF CAP_PERFMON): the bounding set has no CAP_PERFMON, so that neither root nor a file capability helps in here"},
		"no_new_privs":   {caps(none, all, "NoNewPrivs:\t1\n"), "capabilities CAP_BPF and CAP_PERFMON are missing; start it without no_new_privs, under which no file capability helps, or with ambient capabilities"},
		"user namespace": {map[string]string{"proc/self/ns/user": "user:[4026532178]"}, "this is a user namespace, and BPF heeds only the capabilities of the initial one; run outside of it, as root"},
		"no /proc":       {map[string]string{"proc/self/status": ""}, "/proc is not mounted, or cannot be read (open proc/self/status: file does not exist); mount it: mount -t proc proc /proc"},
		"subset=pid":     {map[string]string{"proc/sys/kernel/random/boot_id": ""}, "/proc shows processes alone (subset=pid): it has no /proc/sys, by which a boot is told from another; mount it whole: mount -t proc proc /proc"},
		"few files":      {map[string]string{"proc/self/limits": "Max open files            10                 10               files\n"}, "too few files may be open: 10, and it takes some 155; raise the limit (ulimit -n): 256 are enough"},
		"memory for no":  {map[string]string{"memory.max": "20971520"}, "there is no memory for it: /sys/fs/cgroup/x/memory.max limits this cgroup to 20 MiB, and to begin takes 48 MiB, where the kernel would kill it; raise the limit of the memory cgroup, which is charged for it"},
		"memory":         {map[string]string{"memory.max": "46137344"}, "there is no memory for it: /sys/fs/cgroup/x/memory.max limits this cgroup to 44 MiB, and to begin takes 48 MiB, where the kernel would kill it; choose a smaller ring buffer, or raise the limit of the memory cgroup, which is charged for it"},
		"enough memory":  {map[string]string{"memory.max": "50331648"}, ""},
	} {
		err := possibleOn(able(c.files), needs{8 << 20, filesToTrace})
		var impossible *NotPossibleError
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.As(err, &impossible) || err.Error() != "tracing is not possible here: "+c.want):
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestR09Reasons: what has run out is no fault of the kernel's version, nor of lockdown.
func TestR09Reasons(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.EMFILE: "ulimit -n", unix.ENFILE: "fs.file-max", unix.ENOMEM: "memory cgroup", unix.EINVAL: "Linux 6.1 or later",
	} {
		for _, err := range []error{errno, &ebpf.VerifierError{Cause: errno}} {
			if got := whyNot("the programs", fmt.Errorf("program x: %w", err)).Error(); !strings.Contains(got, want) {
				t.Errorf("%v: %s, want %s", errno, got, want)
			}
		}
	}
}

// TestR10Refusal: a refusal by policy has nothing to do with locked memory, which
// is what the library thinks of first.
func TestR10Refusal(t *testing.T) {
	err := whyNot("the maps", fmt.Errorf("creating map: %w (MEMLOCK may be too low, consider rlimit.RemoveMemlock)", unix.EPERM))
	var impossible *NotPossibleError
	if !errors.As(err, &impossible) || !errors.Is(err, unix.EPERM) {
		t.Fatalf("error is %v, want one that says what is missing, of EPERM", err)
	}
	if text := err.Error(); strings.Contains(text, "MEMLOCK") || !strings.Contains(text, "operation not permitted") {
		t.Errorf("it says %q", text)
	}
}
