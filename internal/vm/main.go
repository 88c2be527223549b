// Command vm runs a static program in an emulated machine with another kernel, as
// `go test -exec` wants it: the program's output and exit status are its own.
//
//	vm -kernel DIR -init FILE [-root DIR] [-add HOST:GUEST]... PROGRAM ARG...
//
// Exit codes: the program's; 124 at the time limit; 125 when the machine failed, with
// its console's last lines on standard error. DIR is as scripts/vm-fetch.sh leaves it.
//
// It must not know what it runs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

const (
	exitTimeout = 124
	exitFailed  = 125
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		status = exitFailed
		if errors.Is(err, errTimeout) {
			status = exitTimeout
		}
	}
	os.Exit(status)
}

// options are the flags.
type options struct {
	machine
	kernelDir string
	init      string
	roots     list
	adds      list
	out       string
	program   []string
}

// list is a flag that may come several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func parse(args []string) (options, error) {
	o := options{machine: machine{stdout: os.Stdout, stderr: os.Stderr}}
	f := flag.NewFlagSet("vm", flag.ContinueOnError)
	f.StringVar(&o.arch, "arch", runtime.GOARCH, "the machine's architecture, by Go's name")
	f.StringVar(&o.accel, "accel", "tcg", "tcg: emulated; kvm: where there is a real one")
	f.StringVar(&o.kernelDir, "kernel", "", "directory with vmlinuz, modules and its module files")
	f.StringVar(&o.append, "append", "", "more for the kernel's command line")
	f.StringVar(&o.init, "init", "", "the static program that becomes the machine's init")
	f.IntVar(&o.memory, "memory", 1024, "MiB")
	f.DurationVar(&o.timeout, "timeout", 15*time.Minute, "time limit for the whole machine")
	f.StringVar(&o.out, "out", "", "directory for what the program left in $PTRACE_NS_OUT")
	f.Var(&o.roots, "root", "directory whose files are the machine's; may come several times")
	f.Var(&o.adds, "add", "HOST:GUEST, a file or directory more; may come several times")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.program = f.Args()
	if o.kernelDir == "" || o.init == "" || len(o.program) == 0 {
		return o, errors.New("-kernel, -init or the program is missing (-h tells)")
	}
	return o, nil
}

func run(args []string) (int, error) {
	o, err := parse(args)
	if err != nil {
		return 0, err
	}
	var modules []string
	if o.kernel, modules, err = kernelFiles(o.kernelDir); err != nil {
		return 0, err
	}
	initrd, err := os.CreateTemp("", "ptrace-ns-vm-initrd-")
	if err != nil {
		return 0, fmt.Errorf("initramfs: %w", err)
	}
	defer os.Remove(initrd.Name())
	defer initrd.Close()
	cover, err := o.fill(initrd, modules)
	if err != nil {
		return 0, err
	}
	o.initrd = initrd.Name()
	status, files, err := o.runTwice()
	if err != nil {
		return 0, err
	}
	return status, bring(files, o.out, cover)
}
