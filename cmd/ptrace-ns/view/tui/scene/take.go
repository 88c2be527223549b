package scene

import (
	"bytes"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Look takes a scene. The model is read within look, which calls its argument while no
// event is told; what takes longer comes after that. A nil filter wants all.
func (s *Stage) Look(look func(func(*tree.Model) error) error, nowNS uint64, f *Filter) (*Scene, error) {
	defer f.one()()
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
	if s.Only != nil || f != nil {
		sc.Wanted = 0
		for i := range sc.Rows {
			if row := &sc.Rows[i]; row.Hit && row.State == report.Live {
				sc.Wanted++
			}
		}
	}
	return sc, nil
}

// above is a process on the way down to another, and its row or the nearest above it.
type above struct {
	p   *tree.Process
	row int32
}

func (s *Stage) take(m *tree.Model, nowNS uint64, f *Filter) (*Scene, []question) {
	sc := &Scene{NowNS: nowNS, Seen: s.Seen(), Lost: s.lost, Rate: s.rate.at(nowNS), Living: m.Stats().Live, Said: s.said}
	sc.Wanted = sc.Living
	sc.Rows = make([]Row, 0, s.size+s.size/8+64)
	fadeNS := s.FadeNS
	if ends := s.ends.at(nowNS); ends*float64(fadeNS) > maxFading*1e9 {
		fadeNS = uint64(maxFading * 1e9 / ends)
	}
	var open []question
	var path []above
	a := &s.top
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
		if shown(p, nowNS, fadeNS) {
			at = int32(len(sc.Rows))
			a = s.below(a, p.Key)
			sc.Rows = append(sc.Rows, Row{Process: s.process(p, parent, a), Up: up})
			if s.Only != nil && !s.Only(p.Key) {
				sc.Rows[at].Hit = false
			} else if q := f.ask(p, a, &sc.Rows[at], at, nowNS); q.event != nil {
				open = append(open, q)
			}
		}
		path = append(path, above{p, at})
	}
	s.size = len(sc.Rows)
	s.sweep(m)
	return sc, open
}

// shown reports whether a process has a row: it lives, ended a short while ago, or one
// below it lives that is no orphan yet.
func shown(p *tree.Process, nowNS, fadeNS uint64) bool {
	if p.State != tree.Exited && p.State != tree.Gone {
		return true
	}
	if end, ok := p.End(); ok && p.State == tree.Exited && nowNS < end.AtNS+fadeNS {
		return true
	}
	return picture.HoldsLiving(p)
}

// process returns what is shown of p: what was made last time, while that holds.
func (s *Stage) process(p, parent *tree.Process, a *aside) *Process {
	state := picture.State(p)
	var up events.ProcKey
	if parent != nil {
		up = parent.Key
	}
	if last := a.made; last != nil && a.asOf == a.changes && a.pass == s.passes &&
		last.State == state && last.Container == p.Container && last.Parent.Key == up {
		return last
	}
	a.made, a.asOf, a.pass = describe(p, state), a.changes, s.passes
	a.made.rate = a.rate
	return a.made
}

func describe(p *tree.Process, state report.State) *Process {
	d := &Process{
		Key: p.Key, State: state, Kthread: p.Kthread, Chain: p.Chain(), Comm: p.Comm,
		Container: p.Container, Role: picture.Label(p),
	}
	if parent, ok := p.Parent(); ok {
		d.Parent = parent.Ref()
	}
	if image := p.Image(); image != nil {
		d.Args, d.Exe = image.Args, image.Exe
		d.Args.Raw = bytes.Clone(d.Args.Raw) // the model will write to its own
	}
	if birth := p.Birth(); birth.Seen {
		d.BornNS, d.Creator = birth.AtNS, birth.Creator.Key
	}
	if all := p.Adoptions(); len(all) > 0 {
		last := all[len(all)-1]
		d.Adopted = &report.Adoption{BootNS: last.AtNS, ReparentDetail: events.ReparentDetail{
			From: last.From, To: last.To, Reason: last.Reason, FromExit: last.FromExit, Confirmed: last.Confirmed,
		}}
	}
	if end, ok := p.End(); ok {
		d.End = &End{Status: end.Status, AtNS: end.AtNS, LifetimeNS: end.LifetimeNS, Killer: end.Killer}
	}
	return d
}
