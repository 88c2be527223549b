package ndjson

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// AppendHeader appends the first line of a stream, newline included. An option
// may be a bool, a string, an int, an int64, a uint64 or a list of strings.
func AppendHeader(b []byte, h *events.Header) ([]byte, error) {
	e := encoder{b: b}
	outer := e.begin()
	e.string("event", "header")
	e.string("schema", events.Schema)
	e.string("version", h.Version)
	e.text("host", h.Host)
	e.text("kernel", h.Kernel)
	e.text("boot_id", h.BootID)
	e.time("boot_time", h.BootTimeNS)
	e.uint("start_ns", h.StartNS)
	e.int("tracer_pid", int64(h.TracerPID))
	e.known("pidns", uint64(h.PidnsInum))
	options := e.open("options")
	for _, name := range slices.Sorted(maps.Keys(h.Options)) {
		if err := e.option(name, h.Options[name]); err != nil {
			return b, err
		}
	}
	e.close(options)
	e.close(outer)
	return append(e.b, '\n'), nil
}

func (e *encoder) option(name string, value any) error {
	switch v := value.(type) {
	case bool:
		e.bool(name, v)
	case int:
		e.int(name, int64(v))
	case int64:
		e.int(name, v)
	case uint64:
		e.uint(name, v)
	case string:
		e.string(name, v)
	case []string:
		e.texts(name, v)
	default:
		return fmt.Errorf("option %q has a value of type %T, which the header does not know", name, value)
	}
	return nil
}
