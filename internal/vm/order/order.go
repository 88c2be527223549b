// Package order is what the runner of an emulated machine and the init inside it
// say to each other: what to run there, and by which names the ports go.
//
// It must not know how a machine is made, nor what runs in it.
package order

// Path is where the init finds its order, as JSON.
const Path = "/vm/order.json"

// Out is the directory in the machine whose files come back.
const Out = "/vm/out"

// The virtio-serial ports, each a stream from the machine to its runner.
const (
	PortStdout = "stdout"
	PortStderr = "stderr"
	PortStatus = "status" // the exit status as a decimal number
	PortFiles  = "files"  // Out as a tar archive
)

// Ports are all of them.
var Ports = []string{PortStdout, PortStderr, PortStatus, PortFiles}

// Order is one command for the machine.
type Order struct {
	Modules []string // kernel modules to load first, in order, as paths in the machine
	Args    []string // the command, its path first
	Env     []string // its whole environment
	Dir     string   // where it runs
}
