package text

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// what writes what happened, in words.
func (p *printer) what(ev *events.Event) {
	switch {
	case ev.Kind == events.Snapshot:
		p.snapshot(ev)
	case ev.Kind == events.ThreadStart:
		p.subject(ev)
		p.thread(&ev.Process)
		p.str("started")
	case ev.Fork != nil:
		p.fork(ev.Fork, &ev.Process)
	case ev.Kind == events.ContainerStart:
		p.containerStart(ev)
	case ev.Exec != nil:
		if p.story {
			p.str("executed ")
		}
		p.exec(ev.Exec, &ev.Process)
	case ev.Exit != nil:
		p.exit(ev)
	case ev.Signal != nil:
		p.signal(ev.Signal, &ev.Process)
	case ev.Rename != nil:
		p.rename(ev.Rename, &ev.Process)
	case ev.Cgroup != nil:
		p.cgroup(ev)
	case ev.Kind == events.ContainerKnown:
		p.containerKnown(ev)
	case ev.Kind == events.OOM:
		p.subject(ev)
		p.str("chosen by the OOM killer")
	case ev.Syscall != nil:
		p.syscall(ev)
	case ev.Pidns != nil:
		p.pidns(ev)
	case ev.Reparent != nil:
		p.reparent(ev)
	case ev.Lost != nil:
		p.lost(ev.Lost)
	}
}

func (p *printer) str(all ...string) {
	for _, s := range all {
		p.b = append(p.b, s...)
	}
}

// kernel writes a string that came from the kernel.
func (p *printer) kernel(s string) { p.b = safe.Append(p.b, s) }

func (p *printer) uint(n uint64) { p.b = strconv.AppendUint(p.b, n, 10) }

func (p *printer) ref(r events.Ref) { p.str(words.Ref(r)) }

// subject names the process where the line would not.
func (p *printer) subject(ev *events.Event) {
	if !ev.Process.Key.IsZero() {
		p.str(words.Name(ev.Process.Comm), ": ")
	}
}

// thread names the acting thread.
func (p *printer) thread(process *events.Process) {
	p.str("thread ", strconv.Itoa(int(process.TID)), " ")
}

func (p *printer) snapshot(ev *events.Event) {
	process := &ev.Process
	switch {
	case process.Kthread:
		p.str("kernel thread ", words.Name(process.Comm))
	case process.Args.Known() && len(process.Args.Raw) > 0:
		p.b = words.AppendArgs(p.b, process.Args, p.more)
		p.image(process)
	default:
		p.str(words.Name(process.Comm))
	}
	if process.Zombie {
		p.str(" (zombie")
		if ev.Exit != nil {
			p.str(", ")
			p.status(ev.Exit.Status)
		}
		p.str(")")
	}
}

func (p *printer) fork(d *events.ForkDetail, process *events.Process) {
	p.str(words.Name(process.Comm), ": forked")
	if !d.Creator.IsZero() {
		p.str(" by ", words.Caller(d.Creator, d.CreatorTID))
	}
	sep, end := " (", ""
	note := func(s string) { p.str(sep, s); sep, end = ", ", ")" }
	if d.Creator.Key != process.Parent.Key {
		note("parent " + words.Ref(process.Parent))
	}
	for name, flag := range names.CloneFlags(d.Flags) {
		if flag&telling != 0 || name == "" {
			note(string(names.AppendCloneFlag(nil, flag)))
		}
	}
	p.str(end)
}

// telling are the clone flags that say something of the process as others see
// it: new namespaces, its parent, its cgroup. The rest is between it and its memory.
const telling = 1<<7 | names.CloneVfork | names.CloneParent | 1<<17 | 0x3f<<25 | names.CloneIntoCgroup | 0xf<<34

func (p *printer) exec(d *events.ExecDetail, process *events.Process) {
	switch {
	case process.Args.Known():
		p.b = words.AppendArgs(p.b, process.Args, p.more)
	case d.Filename != "":
		p.b = words.AppendQuoted(p.b, d.Filename)
		p.str(" (arguments not readable)")
	default:
		p.str(words.Name(process.Comm))
	}
	sep, end := "  [", ""
	note := func(what, s string) {
		p.str(sep, what, " ")
		p.kernel(s)
		sep, end = ", ", "]"
	}
	exe := words.Unsaid(process)
	if d.Interpreter != "" {
		note("script", d.Filename)
		note("run by", d.Interpreter)
	}
	// Where a script names its interpreter, that may be a link to anything.
	said := exe == d.Interpreter || exe == d.Filename && !process.Args.Known()
	if exe != "" && !said {
		note("image", exe)
	}
	if d.OldTID != 0 {
		note("by thread", strconv.Itoa(int(d.OldTID)))
	}
	p.str(end)
}

// image tells which file runs behind a command line that does not say it.
func (p *printer) image(process *events.Process) {
	if exe := words.Unsaid(process); exe != "" {
		p.str("  [image ")
		p.kernel(exe)
		p.str("]")
	}
}

func (p *printer) rename(d *events.RenameDetail, process *events.Process) {
	p.str(words.Name(d.OldComm), " is now ", words.Name(process.Comm))
	if d.InExec {
		p.str(" (in an exec that failed)")
	}
}

func (p *printer) cgroup(ev *events.Event) {
	d := ev.Cgroup
	switch ev.Kind {
	case events.CgroupMkdir:
		p.str("cgroup made: ")
		p.kernel(d.To.Path)
	case events.CgroupRmdir:
		p.str("cgroup removed: ")
		p.kernel(d.To.Path)
	default:
		p.subject(ev)
		p.str("moved to cgroup ")
		p.kernel(d.To.Path)
		if d.From.Path != "" {
			p.str(" from ")
			p.kernel(d.From.Path)
		}
	}
}

func (p *printer) lost(d *events.LostDetail) {
	p.str("LOST ")
	p.uint(d.Count)
	p.str(" kernel events found no room")
	sep, end := " (", ""
	for k := events.KindUnknown; k <= events.Lost; k++ {
		if n := d.ByKind[k]; n > 0 {
			p.str(sep, k.String(), " ")
			p.uint(n)
			sep, end = ", ", ")"
		}
	}
	p.str(end, "; what follows is incomplete until the snapshot after it")
}
