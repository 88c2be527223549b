//go:build linux

// Command guest is the init of an emulated machine: it makes the machine fit for
// tests, runs one command there, reaps what is orphaned, sends the exit status and
// the files back, and switches the machine off.
//
// It must not know what it runs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/vm/order"
)

func main() {
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "init:", err) // the console
	}
	unix.Sync()
	// The emulator is told not to boot again, which works without ACPI, too.
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART) // nobody is left to tell
}

func work() error {
	if err := prepare(); err != nil {
		return err
	}
	var o order.Order
	raw, err := os.ReadFile(order.Path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	for _, path := range o.Modules {
		if err := loadModule(path); err != nil {
			return err
		}
	}
	ports, err := openPorts()
	if err != nil {
		return err
	}
	status, err := execute(o, ports)
	if err != nil {
		return err
	}
	if err := sendFiles(ports[order.PortFiles]); err != nil {
		return err
	}
	_, err = fmt.Fprintln(ports[order.PortStatus], status)
	return err
}

// execute runs the command and reaps all that ends until it does. It returns the
// status as a shell would.
func execute(o order.Order, ports map[string]*os.File) (int, error) {
	cmd := exec.Cmd{Path: o.Args[0], Args: o.Args, Env: o.Env, Dir: o.Dir,
		Stdout: ports[order.PortStdout], Stderr: ports[order.PortStderr]}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("command: %w", err)
	}
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, fmt.Errorf("wait: %w", err)
		case pid == cmd.Process.Pid && status.Signaled():
			return 128 + int(status.Signal()), nil
		case pid == cmd.Process.Pid:
			return status.ExitStatus(), nil
		}
	}
}
