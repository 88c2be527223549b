package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Coverage is since when and of what a stream tells.
type Coverage struct {
	sinceNS   uint64 // CLOCK_BOOTTIME
	filters   []string
	kinds     selection.KindSet
	continues bool // it may be of several files, and not the first
}

// filters are the options of a stream's header that leave events out.
var filters = []string{
	"events", "pid", "pidns", "new-pidns", "host", "container", "new-containers", "pod", "namespace", "image", "runtime", "filter", "scope",
}

// Covered returns what a stream with that header tells.
func Covered(h *events.Header) Coverage {
	c := Coverage{sinceNS: h.StartNS, kinds: selection.AllKinds}
	c.continues = h.Options["rotate-size"] != nil || h.Options["rotate-every"] != nil
	for _, name := range filters {
		value := h.Options[name]
		said := listed(value)
		switch {
		case value == true:
			c.filters = append(c.filters, "--"+name)
		case len(said) > 0 && (name != "scope" || said[0] != "all"):
			c.filters = append(c.filters, "--"+name+" "+strings.Join(said, ","))
		}
	}
	// Names that a later version knows are no reason to know nothing.
	if kinds, err := selection.ParseKinds(listed(h.Options["events"]), c.kinds); err == nil {
		c.kinds = kinds
	}
	return c
}

// Begin notes the first event. A file that goes on where another had no more room begins
// with that.
func (c *Coverage) Begin(ev *events.Event) {
	if c.continues && ev.Seq > 1 {
		c.sinceNS = max(c.sinceNS, ev.BootNS)
	}
}

// listed returns the values of an option, as it was given or as it was read from a file.
func listed(value any) []string {
	var all []string
	switch v := value.(type) {
	case []string:
		return v
	case []any:
		for _, one := range v {
			all = append(all, fmt.Sprint(one))
		}
	case string:
		if v != "" {
			all = []string{v}
		}
	}
	return all
}

// Explain tells why the birth of the process was not seen, where it was not, and what is
// not known for that.
func (c Coverage) Explain(m *tree.Model, l *report.Life) {
	start := l.Process.Key.Start
	switch {
	case l.Unborn == "":
		return
	case start < c.sinceNS:
		l.Unborn = report.BeforeTracing
		return
	case len(c.filters) == 0 && m.Lost(start):
		l.Unborn = report.WasLost
		return
	}
	l.Unborn, l.Asked = report.NotAsked, c.filters
	if c.kinds.Has(events.Reparent) && !m.Lost(start) {
		l.Unknown = slices.DeleteFunc(l.Unknown, func(s string) bool { return s == "reparented" })
	}
}
