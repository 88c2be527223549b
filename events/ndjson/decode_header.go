package ndjson

import (
	"math"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// DecodeHeader reads the first line of a stream, its newline optional. The error
// is a *SchemaError where the stream is of another major version or of another
// kind. An option is a bool, a string, an int64, a uint64 past that, or a list of
// strings; one of another type is left out.
func DecodeHeader(line []byte, h *events.Header) error {
	var d Decoder
	return d.Header(line, h)
}

// Header reads the first line of a stream, as DecodeHeader does.
func (d *Decoder) Header(line []byte, h *events.Header) error {
	*h = events.Header{Options: map[string]any{}}
	d.reset(line)
	d.early, d.mute = false, false
	if kind := lineKind(line); kind != "" && kind != headerEvent {
		return errNoHeader()
	}
	var event, schema string
	for key := d.open(); key != nil; key = d.next() {
		switch string(key) {
		case "event":
			event = string(d.bytes())
		case "schema":
			schema = string(d.bytes())
		case "raw":
			d.rawTexts("header", func(key []byte) *string { return headerText(h, key) })
		default:
			d.headerMember(h, key)
		}
	}
	if err := d.end(); err != nil {
		return err
	}
	if event != headerEvent {
		return errNoHeader()
	}
	if major, _, _ := strings.Cut(schema, "."); major != events.Schema {
		return &SchemaError{Schema: schema}
	}
	return nil
}

// headerEvent is the header's "event".
const headerEvent = "header"

func errNoHeader() error { return &SyntaxError{Reason: "no header"} }

func (d *Decoder) headerMember(h *events.Header, key []byte) {
	if place := headerText(h, key); place != nil {
		*place = string(d.bytes())
		return
	}
	switch string(key) {
	case "boot_time":
		h.BootTimeNS = d.unixNS()
	case "start_ns":
		h.StartNS = d.uint64()
	case "tracer_pid":
		h.TracerPID = d.int()
	case "pidns":
		h.PidnsInum = d.uint32()
	case "options":
		d.options(h.Options)
	case "lossy":
		d.bool()
	default:
		d.pass("header", key)
	}
}

func headerText(h *events.Header, key []byte) *string {
	switch string(key) {
	case "version":
		return &h.Version
	case "host":
		return &h.Host
	case "kernel":
		return &h.Kernel
	case "boot_id":
		return &h.BootID
	}
	return nil
}

func (d *Decoder) options(all map[string]any) {
	for key := d.open(); key != nil; key = d.next() {
		name := string(key)
		switch c := d.peek(); {
		case c == '"':
			all[name] = string(d.bytes())
		case c == 't' || c == 'f':
			all[name] = d.bool()
		case c == '-':
			all[name] = d.integer(math.MaxInt64)
		case c >= '0' && c <= '9':
			if n := d.uint64(); n > math.MaxInt64 {
				all[name] = n
			} else {
				all[name] = int64(n)
			}
		case c == '[':
			list := []string{}
			for ok := d.list(); ok; ok = d.more() {
				list = append(list, string(d.bytes()))
			}
			all[name] = list
		default:
			d.pass("options", key)
		}
	}
}
