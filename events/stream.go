package events

import "context"

// Source gives events in order: the live kernel, a recording, a test's list.
type Source interface {
	// Next returns the next event, valid until the next call. It returns io.EOF
	// when there will be no more, and the context's error when that ended. A nil
	// event with a nil error is an idle moment: nothing came within the source's
	// latency bound, and buffered output should be flushed.
	Next(ctx context.Context) (*Event, error)
}

// Sink takes events in order.
type Sink interface {
	// Put takes one event, valid only during the call.
	Put(*Event) error
	// Flush writes out what is buffered. It is called at idle moments and at the end.
	Flush() error
}

// Header is the first line of a stream: what the times and numbers in it rest on.
type Header struct {
	Version    string // of the program
	Host       string
	Kernel     string // uname -r
	BootID     string
	BootTimeNS int64  // CLOCK_REALTIME - CLOCK_BOOTTIME when tracing began
	StartNS    uint64 // CLOCK_BOOTTIME at attach
	TracerPID  int
	PidnsInum  uint32 // of the initial PID namespace
	Options    map[string]any
}

// Schema is the name and major version of the event stream.
const Schema = "ptrace-ns/1"
