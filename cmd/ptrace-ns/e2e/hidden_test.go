package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// R11: file systems that are not there, hidden in a mount namespace of its own. Without
// the kernel's types nothing goes; without the others it traces on, and doctor lists what
// is missed.
func TestR11NotMounted(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	without := func(where string, args ...string) (code int, out string) {
		hide := `for d in ` + where + `; do if [ -d $d ]; then umount -Rl $d 2>/dev/null || mount -t tmpfs none $d || exit 99; fi; done; exec "$@"`
		cmd := exec.Command("unshare", append([]string{"--mount", "sh", "-c", hide, "sh", binary(t)}, args...)...)
		raw, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(raw)
	}
	const tracefs, cgroups, types = "/sys/kernel/tracing /sys/kernel/debug", "/sys/fs/cgroup", "/sys/kernel/btf"

	code, said := without(types, "watch", "-q", "--", "true")
	if code != 3 || !strings.Contains(said, "no type information") || strings.Count(said, "\n") != 1 {
		t.Errorf("without BTF it ends with %d and says %q", code, said)
	}
	for name, where := range map[string]string{"tracefs": tracefs, "cgroups": cgroups, "both": tracefs + " " + cgroups} {
		code, said := without(where, "watch", "-q", "--", "sh", "-c", "exit 7")
		if code != 7 || !strings.Contains(said, "exited 7") {
			t.Errorf("without %s it ends with %d and says %q", name, code, said)
		}
	}
	if _, said := without(cgroups, "doctor"); !strings.Contains(said, "no cgroup file system is mounted") && !strings.Contains(said, "cgroups below this process's own are mounted") {
		t.Errorf("doctor says nothing of cgroups that are not mounted: %s", said)
	}
}

// TestR11ProcessesAlone: a /proc that shows processes and nothing else is said to be that.
func TestR11ProcessesAlone(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	alone := []string{"unshare", "--mount", "sh", "-c", `mount -t proc -o subset=pid proc /proc || exit 99; exec "$0" "$@"`}
	cmd := exec.Command(alone[0], append(alone[1:], binary(t), "watch", "-q", "--", "true")...)
	said, _ := cmd.CombinedOutput()
	equal(t, "exit code of watch", cmd.ProcessState.ExitCode(), 3)
	if !strings.Contains(string(said), "subset=pid") || !strings.Contains(string(said), "mount it whole") || strings.Count(string(said), "\n") != 1 {
		t.Errorf("watch says %q", said)
	}
	code, found := doctor(t, alone...)
	equal(t, "exit code of doctor", code, 3)
	equal(t, "what doctor says of /proc", statusOf(t, found, "proc", "").Status, "missing")
	if kernel := statusOf(t, found, "kernel", ""); kernel.Status != "found" || !strings.Contains(kernel.Says, "Linux ") {
		t.Errorf("the kernel's release is asked of uname(2), not of /proc: %+v", kernel)
	}
}

// TestR11TypesCovered: types that are cut, and a file that is none, are said to be that and
// not a failure.
func TestR11TypesCovered(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	whole, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"cut": whole[:len(whole)/2], "none": []byte("none")} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		covered := []string{"unshare", "--mount", "sh", "-c", `mount --bind "$0" /sys/kernel/btf/vmlinux || exit 99; exec "$@"`, file}
		for _, args := range [][]string{{"watch", "-q", "--", "true"}, {"tree"}} {
			cmd := exec.Command(covered[0], append(append(covered[1:], binary(t)), args...)...)
			said, _ := cmd.CombinedOutput()
			equal(t, name+": exit code of "+args[0], cmd.ProcessState.ExitCode(), 3)
			if !strings.Contains(string(said), "type information is of no use") || strings.Count(string(said), "\n") != 1 {
				t.Errorf("%s: %s says %q", name, args[0], said)
			}
		}
		code, found := doctor(t, covered...)
		equal(t, name+": exit code of doctor", code, 3)
		equal(t, name+": what doctor says of it", statusOf(t, found, "btf", "").Status, "missing")
		if tried := statusOf(t, found, "program", ""); tried.Status != "missing" || tried.Mend == "" {
			t.Errorf("%s: of the programs doctor says %+v", name, tried)
		}
	}
}

// TestR11Covered: where something else is mounted over the cgroups they are listed as if
// they were there. What is seen in their place is taken for no cgroup, and doctor says so.
func TestR11Covered(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	covered := func(args ...string) (code int, out string) {
		// What is mounted over a hierarchy has the number of its root.
		const cover = `while read -r id parent device root point rest; do
				case "$rest" in *" - cgroup "*|*" - cgroup2 "*) points="$points $point" ;; esac
			done </proc/self/mountinfo
			for d in $points; do mount -t tmpfs none $d || exit 99; done; exec "$@"`
		cmd := exec.Command("unshare", append([]string{"--mount", "sh", "-c", cover, "sh", binary(t)}, args...)...)
		raw, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(raw)
	}
	code, said := covered("watch", "-q", "-o", "json", "-e", "snapshot", "--timeout", "200ms")
	equal(t, "exit code", code, 0)
	kthreadd := "" // is in the roots of all hierarchies
	for line := range strings.Lines(said) {
		if strings.Contains(line, `"process":{"id":"2-`) {
			kthreadd = line
		}
	}
	if !strings.Contains(kthreadd, `"cgroup":{"id":`) || strings.Contains(kthreadd, `"path":`) {
		t.Errorf("of kthreadd it says %s, want its cgroup's number and no path", kthreadd)
	}
	if code, said = covered("doctor"); code != 6 || !strings.Contains(said, "other mounts cover those of cgroups at /sys/fs/cgroup") {
		t.Errorf("doctor ends with %d and says %s", code, said)
	}
}
