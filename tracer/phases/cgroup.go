package phases

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// findCgroup finds the container's cgroup: where its init was at the entrypoint, else
// the first whose path has its name. A container has one in each hierarchy, and the paths
// need not be the same; the phases are told of one of them, that of the first event.
func (p *play) findCgroup() {
	own := ""
	if at := entrypoint(p.init); at != nil && at.Process.Cgroup.Path != "/" {
		own = at.Process.Cgroup.Path
		p.cgroup = events.Cgroup{Path: own, Hierarchy: at.Process.Cgroup.Hierarchy}
	}
	for _, fits := range []func(path string) bool{
		func(path string) bool { return path != "" && path == own },
		func(path string) bool { return p.id != "" && strings.Contains(path, p.id) },
	} {
		if found := p.firstCgroup(fits); found != nil {
			p.cgroup = found.Cgroup.To
			return
		}
	}
}

// firstCgroup returns the first event of a cgroup with such a path, by those who make
// containers.
func (p *play) firstCgroup(fits func(path string) bool) (found *events.Event) {
	for _, who := range []part{runtime, stage0, stage1, initial, beside} {
		for _, l := range p.who[who] {
			for _, ev := range l.facts {
				if ev.Cgroup != nil && fits(ev.Cgroup.To.Path) && (found == nil || ev.Seq < found.Seq) {
					found = ev
				}
			}
		}
	}
	return found
}

func (p *play) isCgroup(cg *events.Cgroup) bool {
	return p.cgroup.Path != "" && cg.Path == p.cgroup.Path && cg.Hierarchy == p.cgroup.Hierarchy
}
