package text

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func (p *printer) pidns(ev *events.Event) {
	d := ev.Pidns
	switch ev.Kind {
	case events.PidnsCreate:
		p.pidnsCreate(d)
	case events.PidnsEnter:
		p.subject(ev)
		p.str("born into PID namespace ")
		p.inum(d.NS.ID)
		p.level(d.NS)
		p.by(", entered by ", d.Creator, d.Via)
	case events.PidnsReap:
		p.subject(ev)
		p.str("SIGKILL by the kernel: PID namespace ")
		p.inum(d.NS.ID)
		p.str(" is reaped, its PID 1 ")
		p.ref(d.Init)
		p.str(" has ended")
	case events.PidnsDestroy:
		p.pidnsDestroy(d)
	case events.PidnsWait:
		p.pidnsWait(d)
	}
}

// pidnsWait tells what was seen of a PID 1 after its exit.
func (p *printer) pidnsWait(d *events.PidnsDetail) {
	p.str("PID 1 of PID namespace ")
	p.inum(d.NS.ID)
	p.str(", ")
	p.ref(d.Init)
	switch d.InitState {
	case events.InitWaits:
		var all []report.Waiting
		for _, a := range d.Awaited[:min(len(d.Awaited), maxNamed)] {
			all = append(all, report.Waiting{Process: a.Process, Parent: a.Parent, Zombie: true})
		}
		p.str(", has ended and waits in the kernel for ", words.Awaited(all))
		if len(d.Awaited) > maxNamed {
			p.str(", ", p.more)
		}
	case events.InitZombie:
		p.str(", waits for nobody: all other members are reaped, itself not yet")
	case events.InitGone:
		p.str(", is reaped, as are all other members")
	}
}

func (p *printer) inum(id events.NSID) { p.uint(uint64(id.Inum)) }

func (p *printer) level(n events.NSInfo) {
	p.str(" (level ", strconv.Itoa(n.Level))
	if !n.Parent.IsZero() {
		p.str(", in ")
		p.inum(n.Parent)
	}
	p.str(")")
}

func (p *printer) by(how string, r events.Ref, via string) {
	if !r.IsZero() {
		p.str(how)
		p.ref(r)
	}
	if via != "" {
		p.str(" via ", via)
	}
}

func (p *printer) pidnsCreate(d *events.PidnsDetail) {
	p.str("new PID namespace ")
	p.inum(d.NS.ID)
	p.level(d.NS)
	p.by(" created by ", d.Creator, d.Via)
}

// pidnsDestroy tells the end of a namespace: whose PID 1 it was, how that ended
// and whom the kernel killed for it.
func (p *printer) pidnsDestroy(d *events.PidnsDetail) {
	p.str("PID namespace ")
	p.inum(d.NS.ID)
	p.str(" is empty")
	if d.LifetimeNS != 0 {
		p.str(" after ", words.Duration(d.LifetimeNS))
	}
	if !d.Init.IsZero() {
		p.str(": its PID 1 (")
		if d.Init.Comm != "" {
			p.str(words.Name(d.Init.Comm), ", ")
		}
		p.str("host PID ", strconv.Itoa(int(d.Init.Key.PID)), ") ")
		if d.Exit != nil {
			p.status(*d.Exit)
		} else {
			p.str("ended unseen")
		}
	}
	if d.Reaped == 0 && !p.outer.IsZero() {
		p.str("; ", words.ReapedOuter(p.outer))
		return
	}
	if d.Reaped == 0 && p.story {
		p.str("; nothing was left for the kernel to kill")
		return
	}
	p.str("; the kernel killed ")
	p.uint(uint64(d.Reaped))
	if d.Reaped == 1 {
		p.str(" process")
	} else {
		p.str(" processes")
	}
	if d.ReapNS != 0 {
		p.str(" in ", words.Duration(d.ReapNS))
	}
	for i, r := range d.SurvivorsKilled {
		p.str([]string{": ", ", "}[min(i, 1)])
		if i == maxNamed {
			p.str(p.more)
			break
		}
		p.ref(r)
	}
}

// maxNamed is how many victims a line names; the stream names all.
const maxNamed = 10

func (p *printer) containerStart(ev *events.Event) {
	c := ev.Process.Container
	p.str("container")
	if c != nil {
		p.str(" ", words.Container(c), " started")
		if c.Runtime != "" {
			p.str(" by ")
			p.kernel(c.Runtime)
		}
		if c.Image != "" {
			p.str(" from image ")
			p.kernel(c.Image)
		}
	} else {
		p.str(" started")
	}
	if ev.Process.Args.Known() {
		p.str(": ")
		p.b = words.AppendArgs(p.b, ev.Process.Args, p.more)
		p.image(&ev.Process)
	}
}

// containerKnown tells what was found out of a container.
func (p *printer) containerKnown(ev *events.Event) {
	c, cgroup := ev.Process.Container, ev.Process.Cgroup
	if c == nil {
		return
	}
	p.str("container ")
	p.kernel(words.ShortID(c.ID))
	if c.Name != "" {
		p.str(" is ")
		p.kernel(c.Name)
	}
	if c.Runtime != "" {
		p.str(" of ")
		p.kernel(c.Runtime)
	}
	if c.Image != "" {
		p.str(", image ")
		p.kernel(c.Image)
	}
	if cgroup.Path != "" {
		p.str(", in cgroup ")
		p.kernel(cgroup.Path)
		if ev.Shared {
			p.str(", which is another's, too")
		}
	}
	if !ev.Servant.IsZero() {
		p.str(", for which ")
		p.ref(ev.Servant)
		p.str(" works")
	}
}

func (p *printer) syscall(ev *events.Event) {
	d := ev.Syscall
	p.subject(ev)
	if ev.Kind != events.Subreaper {
		p.str(d.Name)
	}
	switch ev.Kind {
	case events.Unshare, events.CloneFailed, events.Setns:
		flags := d.Flags
		if d.Name == "clone" {
			flags &^= 0xff
		}
		for _, flag := range names.CloneFlags(flags) {
			p.str(" ")
			p.b = names.AppendCloneFlag(p.b, flag)
		}
		if ev.Kind == events.Setns {
			p.str(" fd ", strconv.Itoa(int(d.FD)))
		}
	case events.Subreaper:
		if d.Arg != 0 {
			p.str("is a subreaper now")
		} else {
			p.str("no subreaper any more")
		}
	case events.PivotRoot:
		p.str(" ")
		p.b = words.AppendQuoted(p.b, d.NewRoot)
		p.str(" ")
		p.b = words.AppendQuoted(p.b, d.PutOld)
	}
	if d.Ret < 0 {
		p.str(" failed: ")
		p.b = names.AppendErrno(p.b, -d.Ret)
	}
}
