package scene

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/nstree"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/story"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Detail returns all that is known of a process, nil when it is forgotten. It must be
// called while no event is told.
func (s *Stage) Detail(m *tree.Model, key events.ProcKey, nowNS uint64) *Detail {
	p, ok := m.Process(key)
	if !ok {
		return nil
	}
	d := &Detail{Life: picture.Life(m, p, nowNS), NowNS: nowNS, Threads: threads(p)}
	if s.Covered != nil {
		s.Covered.Explain(m, d.Life)
	}
	var told strings.Builder
	// A Builder takes all that it is given.
	_ = story.Tell(&told, d.Life, story.Options{Unicode: s.Unicode, BootTime: s.BootTime, NowNS: nowNS, Zone: s.Zone})
	d.Story = told.String()
	if a := s.procs[key]; a != nil {
		d.Events, d.Dropped = a.past.lines()
	}
	return d
}

// threads says how many threads a process was last known to have. Those that it makes
// are not told one by one, so that the number is of a moment, and that must be said.
func threads(p *tree.Process) string {
	end, ended := p.End()
	switch {
	case ended && end.Threads > 0:
		return strconv.FormatUint(uint64(end.Threads), 10) + " from its last exec on, until its end"
	case p.Threads == 0:
		return ""
	case p.Threads > 1: // an exec leaves one
		return strconv.FormatUint(uint64(p.Threads), 10) + " when it was last looked at"
	}
	if image := p.Image(); image != nil && image.AtNS != 0 {
		return "1 at its last exec; later ones are not told"
	}
	return "1 when it was last looked at; later ones are not told"
}

// Namespaces returns the hierarchy of PID namespaces as lines that are fit for a
// terminal of that width; 0 is any. It must be called while no event is told.
func (s *Stage) Namespaces(m *tree.Model, nowNS uint64, width int) []string {
	var b strings.Builder
	_ = nstree.Write(&b, picture.Namespaces(m, nowNS), nstree.Options{Unicode: s.Unicode, NowNS: nowNS, Width: width})
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}
