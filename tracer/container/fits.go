package container

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// line is how the command line of a program is read.
type line struct {
	// strict wants a flag or one of the commands behind the program's name.
	strict   bool
	commands []string
	call     func(events.Args) Call // what it says of a container; nil is nothing
}

// The lines of the table of programs.
var (
	anything       = line{}
	flagsOnly      = line{strict: true}
	legacyShimLine = line{call: legacyShim}
	shimLine       = line{strict: true, call: shimCall}
	conmonLine     = line{strict: true, call: conmonCall}
	conmonrsLine   = line{strict: true, commands: []string{"help"}}
	proxyLine      = line{strict: true, call: proxyCall}
	podmanLine     = line{call: podmanCall}
	kubeletLine    = line{strict: true, commands: []string{"help"}}

	// pkg/cli/cmds
	k3sLine = line{strict: true, commands: []string{"server", "agent", "kubectl", "crictl", "ctr", "check-config", "token", "etcd-snapshot", "secrets-encrypt", "certificate", "completion", "help", "h"}}
	// cmd/containerd/command
	containerdLine = line{strict: true, commands: []string{"config", "help", "h", "oci-hook", "publish"}}
	crioLine       = line{strict: true, commands: []string{"check", "complete", "completion", "config", "h", "help", "man", "markdown", "status", "version", "wipe"}}

	runcLine  = line{strict: true, commands: ociCommands, call: runcGrammar.call}
	crunLine  = line{strict: true, commands: ociCommands, call: crunGrammar.call}
	youkiLine = line{strict: true, commands: ociCommands, call: youkiGrammar.call}
	// runsc is called with commands of its own, too.
	runscLine = line{call: runscGrammar.call}
)

// The commands of runc, crun and youki.
var ociCommands = []string{
	"checkpoint", "completion", "create", "delete", "events", "exec", "features", "h", "help", "info", "init", "kill", "list", "mounts",
	"pause", "ps", "restore", "resume", "run", "spec", "start", "state", "update",
}

// fits reports whether a process may be what its program's name says: anybody may give a
// program the name of one that the table has, so a second fact must not speak against it,
// what it was called with or where it runs. Where neither is known, nothing does.
func fits(k kind, p *events.Process) bool {
	switch k.role {
	case Init, Sandbox: // whatever it was called with, they are in a container
		return len(p.Chain) != 1 || p.Container != nil
	}
	words := arguments(p.Args)
	return !k.line.strict || len(words) < 2 || strings.HasPrefix(words[1], "-") || slices.Contains(k.line.commands, words[1])
}
