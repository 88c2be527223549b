package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/vm/order"
)

// failedError is a machine that came to no result.
type failedError struct {
	why     string
	console string // its last lines
}

func (e *failedError) Error() string {
	return "machine failed: " + e.why + ", its console's last lines:\n" + e.console
}

// emulators reports whether it failed because the emulator ran into a breakpoint that
// was not there any more (see args).
func (e *failedError) emulators() bool { return strings.Contains(e.console, "Oops: int3") }

// errTimeout is a machine that was given up.
var errTimeout = errors.New("time limit reached, machine ended")

// platform is how a machine of one architecture is called for.
type platform struct {
	qemu    string
	machine []string
	console string
}

var platforms = map[string]platform{
	"amd64": {"qemu-system-x86_64", []string{"-M", "q35", "-cpu", "max"}, "ttyS0"},
	// The emulation of pointer authentication's cipher takes half of the time.
	"arm64": {"qemu-system-aarch64", []string{"-M", "virt", "-cpu", "max,pauth-impdef=on"}, "ttyAMA0"},
}

// machine is one machine, for one run.
type machine struct {
	arch    string
	accel   string // tcg, or kvm
	kernel  string // image
	append  string // to the kernel's command line
	memory  int    // MiB
	timeout time.Duration
	initrd  string
	stdout  io.Writer
	stderr  io.Writer
}

// runTwice is run, once more where the emulator alone was to blame, and says so.
func (m machine) runTwice() (status int, files []byte, err error) {
	status, files, err = m.run()
	var failed *failedError
	if m.accel == "kvm" || !errors.As(err, &failed) || !failed.emulators() {
		return status, files, err
	}
	fmt.Fprintf(m.stderr, "vm: the emulator's fault, not the kernel's; one more try: %v\n", err)
	return m.run()
}

// run boots the machine, waits for its end and returns the command's exit status
// and the files that came back, as a tar archive.
func (m machine) run() (status int, files []byte, err error) {
	p, ok := platforms[m.arch]
	if !ok {
		return 0, nil, fmt.Errorf("architecture %s: no machine is known for it", m.arch)
	}
	console, err := os.CreateTemp("", "ptrace-ns-vm-console-")
	if err != nil {
		return 0, nil, fmt.Errorf("console: %w", err)
	}
	defer os.Remove(console.Name())
	defer console.Close()

	ctx, cancel := context.WithTimeout(context.Background(), m.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.qemu, m.args(p, console.Name())...)
	var said, code, back bytes.Buffer
	cmd.Stderr = &said
	done, err := m.connect(cmd, map[string]io.Writer{
		order.PortStdout: m.stdout, order.PortStderr: m.stderr, order.PortStatus: &code, order.PortFiles: &back,
	})
	if err != nil {
		return 0, nil, err
	}
	err = cmd.Wait()
	done()
	if ctx.Err() != nil {
		return 0, nil, errTimeout
	}
	if status, bad := strconv.Atoi(strings.TrimSpace(code.String())); bad == nil {
		return status, back.Bytes(), nil
	}
	why := "no exit status came"
	if err != nil {
		why = fmt.Sprintf("%s: %v: %s", p.qemu, err, said.String())
	}
	return 0, nil, &failedError{why: why, console: lastLines(console.Name(), 30)}
}

func (m machine) args(p platform, console string) []string {
	accel := m.accel
	if accel == "tcg" {
		// Side by side, emulated processors see each other's changes of the kernel's own
		// code too late: a breakpoint of a jump label's change is met after its end, and
		// 6.12 panics ("Oops: int3" in syscall_trace_enter).
		accel = "tcg,thread=single"
	}
	args := append([]string{}, p.machine...)
	args = append(args, "-accel", accel, "-m", strconv.Itoa(m.memory), "-smp", "2", "-nodefaults", "-no-reboot", "-display", "none",
		"-kernel", m.kernel, "-initrd", m.initrd,
		"-append", "console="+p.console+" panic=-1 loglevel=4 "+m.append,
		"-chardev", "file,id=console,path="+console, "-serial", "chardev:console", "-device", "virtio-serial-pci")
	for i, name := range order.Ports {
		// A file's chardev never hangs up; stdio's does, and then blocks the guest.
		args = append(args, "-chardev", fmt.Sprintf("file,id=%s,path=/dev/fd/%d", name, 3+i),
			"-device", "virtserialport,chardev="+name+",name="+name)
	}
	return args
}

// connect starts the emulator with a pipe for each port. What it returns waits
// until all that came is written.
func (m machine) connect(cmd *exec.Cmd, ports map[string]io.Writer) (done func(), err error) {
	var copying sync.WaitGroup
	for _, name := range order.Ports {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("port %s: %w", name, err)
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, w)
		copying.Go(func() {
			defer r.Close()
			io.Copy(ports[name], r) // who reads this program's output has gone: the status still counts
		})
	}
	err = cmd.Start()
	for _, w := range cmd.ExtraFiles {
		w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("emulator: %w (scripts/setup.sh --vm installs it)", err)
	}
	return copying.Wait, nil
}

func lastLines(path string, n int) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	lines = lines[max(0, len(lines)-n):]
	for i, l := range lines {
		lines[i] = strings.ToValidUTF8(strings.TrimSpace(l), "?")
	}
	return strings.Join(lines, "\n")
}

// kernelFiles returns the kernel's image and the names of the modules to load, in
// order.
func kernelFiles(dir string) (image string, modules []string, err error) {
	image = filepath.Join(dir, "vmlinuz")
	if _, err := os.Stat(image); err != nil {
		return "", nil, fmt.Errorf("kernel: %w (scripts/vm-fetch.sh kernel fetches it)", err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "modules"))
	if err != nil {
		return "", nil, fmt.Errorf("kernel's modules: %w", err)
	}
	return image, strings.Fields(string(raw)), nil
}
