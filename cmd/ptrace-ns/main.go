// Command ptrace-ns tells what every process on this machine does, across PID
// namespaces. The commands here turn flags into options, choose what is shown
// and end with the exit codes of docs/events.md; they know neither the wire of
// the BPF programs nor how events are derived.
package main

import (
	"os"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
)

// version and commit are set by the linker.
var version, commit string

func main() {
	a := newApp()
	a.confine = confine.Apply
	err := newRoot(a).Execute()
	if text := message(err); text != "" {
		a.log.Error().Msg(text)
	}
	os.Exit(exitCode(err))
}
