package scene

import (
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Look takes a scene. The model is read within look, which calls its argument while no
// event is told; what takes longer comes after that. A nil filter wants all.
func (s *Stage) Look(look func(func(*tree.Model) error) error, nowNS uint64, f *Filter) (*Scene, error) {
	var sc *Scene
	var open []question
	err := look(func(m *tree.Model) error {
		sc, open = s.take(m, nowNS, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.answer(sc, open)
	return sc, nil
}

// above is a process on the way down to another, and its row or the nearest above it.
type above struct {
	p   *tree.Process
	row int32
}

func (s *Stage) take(m *tree.Model, nowNS uint64, f *Filter) (*Scene, []question) {
	sc := &Scene{NowNS: nowNS, Seen: s.Seen(), Lost: s.lost, Rate: s.rate.at(nowNS), Living: m.Stats().Live}
	sc.Rows = make([]Row, 0, s.size+s.size/8+64)
	var open []question
	var chains []events.PIDEntry // of many rows: one allocation for them all
	var path []above
	for p := range m.All() {
		parent, _ := p.Parent()
		for len(path) > 0 && path[len(path)-1].p != parent {
			path = path[:len(path)-1]
		}
		up := int32(-1)
		if len(path) > 0 {
			up = path[len(path)-1].row
		}
		at := up
		if s.shown(p, nowNS) {
			at = int32(len(sc.Rows))
			sc.Rows = append(sc.Rows, Row{})
			row := &sc.Rows[at]
			a := s.aside(p.Key)
			s.fill(row, p, a, nowNS)
			from := len(chains)
			chains = append(chains, p.Chain...)
			row.Up, row.Chain = up, chains[from:len(chains):len(chains)]
			if q := f.ask(p, a, row, at, nowNS); q.event != nil {
				open = append(open, q)
			}
		}
		path = append(path, above{p, at})
	}
	s.size = len(sc.Rows)
	s.sweep(m, s.size)
	return sc, open
}

// shown reports whether a process has a row: it lives, ended a short while ago, or one
// below it lives that is no orphan yet.
func (s *Stage) shown(p *tree.Process, nowNS uint64) bool {
	if p.State != tree.Exited && p.State != tree.Gone {
		return true
	}
	if end, ok := p.End(); ok && p.State == tree.Exited && nowNS < end.AtNS+s.FadeNS {
		return true
	}
	for c := range p.Children() {
		if c.State == tree.Live {
			return true
		}
	}
	return false
}

var states = map[tree.State]report.State{
	tree.Placeholder: report.Unseen, tree.Live: report.Live, tree.Zombie: report.Zombie,
	tree.Gone: report.Gone, tree.Exited: report.Exited,
}

func (s *Stage) fill(row *Row, p *tree.Process, a *aside, nowNS uint64) {
	row.Key, row.Comm, row.Kthread, row.Container = p.Key, p.Comm, p.Kthread, p.Container
	row.State = report.Live
	if p.State != tree.Live {
		row.State = states[p.State]
		if p.Ending() {
			row.State = report.Ending
		}
	}
	if parent, ok := p.Parent(); ok {
		row.Parent = parent.Ref()
	}
	image := p.Image()
	if image != nil {
		row.Args, row.Exe = image.Args, image.Exe
	}
	if p.Birth.Seen {
		row.BornNS, row.Creator = p.Birth.AtNS, p.Birth.Creator.Key
	}
	if all := p.Adoptions(); len(all) > 0 {
		last := all[len(all)-1]
		row.Adopted = &report.Adoption{BootNS: last.AtNS, ReparentDetail: events.ReparentDetail{
			From: last.From, To: last.To, Reason: last.Reason, FromExit: last.FromExit, Confirmed: last.Confirmed,
		}}
	}
	if end, ok := p.End(); ok {
		row.End = &End{Status: end.Status, AtNS: end.AtNS, LifetimeNS: end.LifetimeNS, Killer: end.Killer}
	}
	if !a.made || a.image != image || a.container != p.Container {
		a.role, a.image, a.container, a.made = picture.Label(p), image, p.Container, true
	}
	row.Role = a.role
	row.Rate = float32(a.rate.at(nowNS))
}
