package otel

import (
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// The messages of opentelemetry/proto/trace/v1/trace.proto, by OTLP's JSON mapping:
// names in camel case, ids in hex, 64-bit numbers as strings, enums as numbers.

type traces struct {
	ResourceSpans []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource   resource     `json:"resource"`
	ScopeSpans []scopeSpans `json:"scopeSpans"`
}

type resource struct {
	Attributes []attribute `json:"attributes"`
}

type scopeSpans struct {
	Scope scope   `json:"scope"`
	Spans []*span `json:"spans"`
}

type scope struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// internal is SPAN_KIND_INTERNAL, and failed STATUS_CODE_ERROR.
const (
	internal = 1
	failed   = 2
)

type span struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Parent     string      `json:"parentSpanId,omitempty"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      string      `json:"startTimeUnixNano"`
	End        string      `json:"endTimeUnixNano"`
	Attributes []attribute `json:"attributes,omitempty"`
	Events     []spanEvent `json:"events,omitempty"`
	Links      []link      `json:"links,omitempty"`
	Status     *status     `json:"status,omitempty"`
}

type spanEvent struct {
	Time       string      `json:"timeUnixNano"`
	Name       string      `json:"name"`
	Attributes []attribute `json:"attributes,omitempty"`
}

type link struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Attributes []attribute `json:"attributes,omitempty"`
}

type status struct {
	Message string `json:"message,omitempty"`
	Code    int    `json:"code"`
}

// set adds attributes, in the place of those of the same name.
func (p *span) set(all ...attribute) {
	for _, a := range attributes(all...) {
		at := slices.IndexFunc(p.Attributes, func(b attribute) bool { return a.Key == b.Key })
		if at < 0 {
			p.Attributes = append(p.Attributes, a)
		} else {
			p.Attributes[at] = a
		}
	}
}

// text sets a string of the kernel's, which is absent where it is empty. Where it is not
// UTF-8, its bytes come besides.
func (p *span) text(key, s string) {
	p.drop(key)
	p.drop(rawPrefix + key)
	if p.set(plain(key, s)); !utf8.ValidString(s) {
		p.set(raw(rawPrefix+key, s))
	}
}

const rawPrefix = "ptrace_ns.raw."

// identify takes over what an event tells of its process.
func (p *span) identify(ev *events.Event) {
	of := &ev.Process
	if ev.Kind != events.ThreadStart && ev.Kind != events.ThreadExit { // theirs is the thread's
		p.Name = words.Name(of.Comm)
		p.text("process.title", of.Comm)
	}
	p.set(number("process.pid", int64(of.Key.PID)), plain("ptrace_ns.process.id", of.Key.String()))
	if len(of.Chain) > 0 {
		var pids, inums []int64
		for _, e := range of.Chain {
			pids, inums = append(pids, int64(e.PID)), append(inums, int64(e.NS.Inum))
		}
		p.set(numbers("ptrace_ns.process.pids", pids), numbers("ptrace_ns.process.pid_namespaces", inums))
		if of.Chain.Level() > 0 {
			p.set(number("process.vpid", int64(of.Chain.Own().PID)))
		}
	}
	if !of.Full {
		p.place(of.Container)
		return
	}
	p.text("process.executable.path", of.Exe)
	p.text("process.working_directory", of.Cwd)
	p.text("ptrace_ns.cgroup.path", of.Cgroup.Path)
	if of.Args.Known() {
		p.set(list("process.command_args", of.Args.Strings()), flag("ptrace_ns.args_truncated", of.Args.Status == events.Truncated))
	}
	if of.HasIDs {
		p.set(number("process.user.id", int64(of.UID)))
	}
	p.place(of.Container)
}

func (p *span) place(c *events.Container) {
	if c == nil {
		return
	}
	p.text("container.id", c.ID)
	p.text("container.name", c.Name)
	p.text("container.image.name", c.Image)
	p.text("container.runtime", c.Runtime)
	p.text("k8s.pod.name", c.Pod)
	p.text("k8s.namespace.name", c.PodNS)
	p.text("k8s.pod.uid", c.PodUID)
}

func (p *span) ended(d *events.ExitDetail, at string) {
	p.End = at
	p.set(number("process.exit.code", int64(d.Status.Code)))
	if s := d.Status.Signal; s != 0 {
		p.drop("process.exit.code")
		p.set(plain("ptrace_ns.exit.signal", names.Signal(s)))
	}
	if d.Status != (events.ExitStatus{}) {
		p.Status = &status{Message: words.Status(d.Status), Code: failed}
	}
}

func (p *span) drop(key string) {
	p.Attributes = slices.DeleteFunc(p.Attributes, func(a attribute) bool { return a.Key == key })
}

// unseen are those that others name, oldest first.
func (s *Spans) unseen() []events.Ref {
	return slices.SortedFunc(maps.Values(s.named), func(a, b events.Ref) int {
		return cmp.Or(cmp.Compare(a.Key.Start, b.Key.Start), cmp.Compare(a.Key.PID, b.Key.PID))
	})
}
