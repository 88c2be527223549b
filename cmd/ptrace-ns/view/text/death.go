package text

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

func (p *printer) exit(ev *events.Event) {
	d, again := ev.Exit, ev.Kind == events.ContainerExit && ev.Cause != 0 && ev.Cause == p.exitTold
	if again && p.story {
		p.str("with it ended the container ", words.Container(ev.Process.Container))
		return
	}
	p.subject(ev)
	switch ev.Kind {
	case events.ContainerExit:
		p.str("container's init ")
	case events.ThreadExit:
		p.thread(&ev.Process)
	}
	p.status(d.Status)
	if d.LifetimeNS != 0 {
		p.str(" after ", words.Duration(d.LifetimeNS))
	}
	if d.Threads > 1 {
		p.str(", ", strconv.FormatUint(uint64(d.Threads), 10), " threads")
	}
	if again {
		p.str(words.KillerBrief(d.Killer, ev.Process.Key))
		return
	}
	p.exitTold = ev.Seq
	if d.Status.Signal != 0 && d.Killer == nil && ev.Kind == events.Exit {
		p.str("; who sent that was not seen")
	}
	p.str(words.Killer(d.Killer, ev.Process.Key, ev.BootNS))
}

func (p *printer) status(s events.ExitStatus) { p.str(words.Status(s)) }

func (p *printer) signal(d *events.SignalDetail, process *events.Process) {
	p.str(names.Signal(d.Signal), " to ", words.Name(process.Comm))
	comma := ""
	if d.TargetIsInit && d.Result == events.SignalDelivered {
		p.str(", PID 1 of its namespace") // said here: behind the sender it would be said of that
		comma = ","
	}
	switch d.Origin {
	case events.OriginPidnsReap:
		p.str(comma, " ", words.Reaping(d.Sender))
	case events.OriginKernel:
		p.str(comma, " by the kernel")
		switch {
		case d.Sender.IsZero():
		case d.ParentDeath:
			p.str(", at the end of ", words.Ended(d.Sender, d.SenderTID, d.SenderLives))
		default:
			p.str(words.Context(d.Signal, d.Sender))
		}
	case events.OriginOOM:
		p.sentBy(comma+" by the OOM killer", ", in ", d.Sender)
	case events.OriginCgroupKill:
		p.sentBy(comma+" by cgroup.kill", " of ", d.Sender)
	default:
		p.sentBy("", comma+" from ", d.Sender)
	}
	if d.ParentDeath {
		p.str(", asked for at its parent's death")
	}
	switch {
	case d.Result == events.SignalIgnored && d.TargetIsInit:
		p.str(", ignored by this PID 1")
	case d.Result != events.SignalDelivered:
		p.str(", ", resultWords[min(int(d.Result), len(resultWords)-1)])
	}
}

func (p *printer) sentBy(how, link string, sender events.Ref) {
	p.str(how)
	if !sender.IsZero() {
		p.str(link)
		p.ref(sender)
	}
}

var resultWords = []string{"delivered", "ignored", "already pending", "lost in a full queue", "delivered without its information", "result unknown"}

// reparent tells a new parent: as a forecast, which is silent when it comes true,
// and otherwise as a fact.
func (p *printer) reparent(ev *events.Event) {
	d := ev.Reparent
	p.subject(ev)
	if d.Confirmed {
		p.str("parent is now ")
	} else {
		p.str("becomes child of ")
	}
	p.ref(d.To)
	switch d.Reason {
	case events.ReparentSubreaper:
		p.str(", the subreaper")
	case events.ReparentPidnsInit:
		p.str(", its namespace's PID 1")
	case events.ReparentInit:
		p.str(", the init")
	case events.ReparentThread:
		p.str(", another thread")
	}
	if d.Confirmed && !d.Foretold.IsZero() && d.Foretold.Key != d.To.Key {
		p.str(", and not ")
		p.ref(d.Foretold)
		p.str(", as predicted")
	}
	p.str("; was ")
	if !d.Confirmed {
		p.str("child of ")
	}
	p.ref(d.From)
	if d.FromExit != nil {
		p.str(", ")
		p.status(*d.FromExit)
	}
	if !d.Confirmed {
		p.str(" (predicted)")
	}
}
