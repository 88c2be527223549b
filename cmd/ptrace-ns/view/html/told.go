package html

import (
	"strconv"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/story"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// life fills the columns of one process.
func (p *Page) life(l *report.Life) error {
	about := &l.Process
	n := p.process(about.Ref())
	if n < 0 {
		return nil
	}
	c := &p.data.Processes
	p.describe(n, about)
	c.Life[n] = l.LifetimeNS
	c.Command[n] = p.text(string(words.AppendArgs(nil, about.Args, "…")))
	c.Image[n] = p.text(safe.String(words.Unsaid(about)))
	c.Label[n] = p.text(safe.String(l.Label))
	c.Container[n] = p.container(about.Container)
	c.State[n] = p.text(string(l.State))
	c.Parent[n] = p.process(about.Parent)
	if len(l.Ancestors) > 0 {
		c.Parent[n] = p.process(l.Ancestors[0].Ref)
	}
	if l.Birth != nil {
		c.Creator[n] = p.process(l.Birth.Creator)
	}
	if ns := l.Pidns; ns != nil {
		if at, ok := p.spaces[spaceKey{ns.Info.ID.Inum, ns.Init.Key}]; ok {
			c.Namespace[n] = at
		}
	}
	c.Flags[n] = flags(l)
	if l.Exit != nil {
		c.Exit[n] = p.text(words.Status(*l.Exit))
	}
	if l.Killer != nil {
		c.Killer[n] = p.text(words.Killer(l.Killer, about.Key, about.Key.Start+l.LifetimeNS))
		c.KilledBy[n] = p.process(l.Killer.Sender)
	}
	p.moved(n, l)
	c.Facts[n] = p.facts(about)
	return p.story(n, l)
}

func flags(l *report.Life) int32 {
	var f int32
	for _, flag := range []struct {
		bit int32
		is  bool
	}{
		{flagKthread, l.Process.Kthread},
		{flagSubreaper, l.Process.Subreaper},
		{flagInit, len(l.Process.Chain) > 1 && l.Process.Chain.Own().PID == 1},
		{flagKilled, l.Exit != nil && l.Exit.Signal != 0},
		{flagReaped, l.Killer != nil && l.Killer.Origin == events.OriginPidnsReap},
		{flagFailed, l.Exit != nil && l.Exit.Signal == 0 && l.Exit.Code != 0},
		{flagBorn, l.Birth != nil},
		{flagUnknown, l.State == report.Unseen},
	} {
		if flag.is {
			f |= flag.bit
		}
	}
	return f
}

func (p *Page) moved(n int32, l *report.Life) {
	m := &p.data.Moves
	for i := range l.Reparented {
		a := &l.Reparented[i]
		m.Process = append(m.Process, n)
		m.Time = append(m.Time, p.since(a.BootNS))
		m.From = append(m.From, p.process(a.From))
		m.To = append(m.To, p.process(a.To))
		m.Why = append(m.Why, p.text(a.Reason.String()))
		sure := int32(0)
		if a.Confirmed {
			sure = 1
		}
		m.Sure = append(m.Sure, sure)
	}
}

// facts are what a details view shows besides the story. Many processes share them.
func (p *Page) facts(about *events.Process) []int32 {
	all := []int32{}
	if about.HasIDs {
		all = append(all, p.text("uid "+strconv.FormatUint(uint64(about.UID), 10)+", gid "+strconv.FormatUint(uint64(about.GID), 10)))
	}
	if about.Cgroup.Path != "" {
		all = append(all, p.text("cgroup "+safe.String(about.Cgroup.Path)))
	}
	var spaces []string
	for _, ns := range []struct {
		name string
		inum uint32
	}{
		{"pid", about.NS.PID}, {"mnt", about.NS.Mnt}, {"net", about.NS.Net}, {"uts", about.NS.UTS}, {"ipc", about.NS.IPC},
		{"user", about.NS.User}, {"cgroup", about.NS.Cgroup}, {"time", about.NS.Time},
	} {
		if ns.inum != 0 {
			spaces = append(spaces, ns.name+" "+strconv.FormatUint(uint64(ns.inum), 10))
		}
	}
	if len(spaces) > 0 {
		all = append(all, p.text("namespaces "+strings.Join(spaces, ", ")))
	}
	return all
}

// story keeps the sentences of lineage; the first line of that is who it is.
func (p *Page) story(n int32, l *report.Life) error {
	var b strings.Builder
	err := story.Tell(&b, l, story.Options{Unicode: true, BootTime: p.header.BootTimeNS, NowNS: p.nowNS, Zone: time.UTC})
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(b.String(), "\n")
	lines := []int32{}
	for line := range strings.Lines(rest) {
		lines = append(lines, p.text(strings.TrimSpace(line)))
	}
	p.data.Processes.Story[n] = lines
	return nil
}

func (p *Page) namespaces(all []*report.Namespace, parent int32) {
	for _, ns := range all {
		n := int32(len(p.data.Namespaces))
		p.spaces[spaceKey{ns.Info.ID.Inum, ns.Init.Key}] = n
		row := namespace{
			Inum: ns.Info.ID.Inum, Level: ns.Info.Level, Parent: parent, Init: p.process(ns.Init), Creator: p.process(ns.Creator),
			Container: p.container(ns.Container), Via: safe.String(ns.Via), Members: ns.Members, State: "live", Waiting: []string{},
		}
		if ns.AgeNS > 0 {
			row.Age = words.Duration(ns.AgeNS)
		}
		switch {
		case ns.Over:
			row.State = "over"
		case ns.Dying:
			row.State = "dying"
		}
		if ns.InitExit != nil {
			row.Exit = words.Status(*ns.InitExit)
		}
		for _, w := range ns.WaitingFor {
			what := words.Ref(w.Process)
			if w.Zombie {
				what = "the zombie " + what
			}
			row.Waiting = append(row.Waiting, what+", whose parent "+words.Ref(w.Parent)+" lives outside")
		}
		p.data.Namespaces = append(p.data.Namespaces, row)
		p.namespaces(ns.Children, n)
	}
}

func (p *Page) start(a *report.Account) {
	t := a.Timeline
	s := start{
		Title: timeline.Title(t), Container: p.container(t.Container), Init: p.process(t.Init),
		Began: p.moment(t.BeganNS), Runs: p.moment(t.RunsNS), Ended: p.moment(t.EndedNS),
		Sentences: []string{}, Phases: []phase{}, Absent: []string{},
	}
	for _, sentence := range a.Sentences {
		s.Sentences = append(s.Sentences, sentence.Text+".")
	}
	for i := range t.Phases {
		f := &t.Phases[i]
		s.Phases = append(s.Phases, phase{
			Name: timeline.Label(f.Name), Section: string(f.Section), Part: f.Part, Process: p.process(f.Process), Who: timeline.Who(t, f),
			Begin: p.since(f.BeginNS), End: p.moment(f.EndNS), Moment: f.Moment,
		})
	}
	for _, absent := range t.Absent {
		s.Absent = append(s.Absent, timeline.Label(absent.Phase)+" ("+timeline.Label(absent.Why)+")")
	}
	p.data.Starts = append(p.data.Starts, s)
}

// moment is since, but -1 for what was not seen.
func (p *Page) moment(bootNS uint64) int64 {
	if bootNS == 0 {
		return -1
	}
	return p.since(bootNS)
}
