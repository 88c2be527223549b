package tracks

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// A process's life is a slice, and within it each program that it ran is one.

func (r *Recorder) live(t *Track, ev *events.Event, in uint64, also ...Fact) {
	t.lives = true
	pids := words.Chain(ev.Process.Chain, "→")
	r.begin(t, ev.BootNS, "life", "process "+pids, append(append(said(ev), facts(&ev.Process)...), also...), in)
	r.begin(t, ev.BootNS, "image", words.Name(ev.Process.Comm), known(word("exe", ev.Process.Exe)), 0)
}

// snapshot begins the lives of those who were there before, at the moment at which
// they were seen; a second look tells nothing new.
func (r *Recorder) snapshot(ev *events.Event) {
	t := r.process(&ev.Process)
	if t.lives {
		return
	}
	before := Fact{Name: "born", Text: "before the recording"}
	r.live(t, ev, 0, before)
	for ns := t.namespace; ns != nil && ns.open == 0; ns = ns.Parent {
		r.begin(ns, ev.BootNS, "life", "PID namespace", []Fact{before}, 0)
	}
	if t.namespace == nil || t.container == nil {
		return
	}
	if c := r.containerIn(t.namespace, t.container); c.open == 0 {
		r.begin(c, ev.BootNS, "life", "container", []Fact{before}, 0)
	}
}

func (r *Recorder) fork(ev *events.Event) {
	t := r.process(&ev.Process)
	creator := ev.Process.Parent
	var how []Fact
	if ev.Fork != nil {
		if !ev.Fork.Creator.IsZero() {
			creator = ev.Fork.Creator
		}
		how = known(Fact{Name: "clone_flags", Text: cloneFlags(ev.Fork.Flags)})
	}
	if creator.IsZero() || t.lives {
		if !t.lives {
			r.live(t, ev, 0, how...)
		}
		return
	}
	how = append(how, Fact{Name: "creator", Text: words.Ref(creator)})
	r.lastFlow++
	flow := r.lastFlow
	from := r.ref(creator)
	r.mark(&Mark{
		Track: from, At: ev.BootNS, Phase: Instant, Category: "fork", Name: "forks " + words.Ref(ev.Process.Ref()), Facts: said(ev), Out: flow,
	})
	t.at = max(t.at, from.at) // the arrow does not go back
	r.live(t, ev, flow, how...)
}

func (r *Recorder) exec(ev *events.Event) {
	t := r.process(&ev.Process)
	all := append(said(ev), facts(&ev.Process)...)
	if ev.Exec != nil {
		all = append(all, known(word("filename", ev.Exec.Filename), word("interpreter", ev.Exec.Interpreter))...)
	}
	if !t.lives { // its birth is not in the stream
		r.instant(t, ev.BootNS, "exec", "exec "+words.Name(ev.Process.Comm), all)
		return
	}
	r.end(t, ev.BootNS, nil)
	r.begin(t, ev.BootNS, "image", words.Name(ev.Process.Comm), all, 0)
}

func (r *Recorder) exit(ev *events.Event) {
	t := r.process(&ev.Process)
	r.killed(t, ev)
	if t.open == 0 {
		r.instant(t, ev.BootNS, "exit", "exit", said(ev))
		return
	}
	for t.open > 1 {
		r.end(t, ev.BootNS, nil)
	}
	r.end(t, ev.BootNS, append(said(ev), Fact{Name: "end", Text: words.Status(ev.Exit.Status)}))
}

// killed draws the arrow from the killer where no event before did.
func (r *Recorder) killed(t *Track, ev *events.Event) {
	if ev.Exit.Killer == nil || r.told[ev.Process.Key] {
		return
	}
	by := ev.Exit.Killer.Sender
	if by.IsZero() || by.Key == ev.Process.Key {
		return
	}
	signal := names.Signal(ev.Exit.Killer.Signal)
	r.flow(
		&Mark{Track: r.ref(by), At: ev.BootNS, Category: "kill", Name: "kills " + words.Ref(ev.Process.Ref()), Facts: said(ev)},
		&Mark{Track: t, At: ev.BootNS, Phase: Instant, Category: "kill", Name: signal, Facts: said(ev)})
}

func cloneFlags(flags uint64) string {
	var all []string
	for name, bit := range names.CloneFlags(flags) {
		if name == "" {
			name = string(names.AppendCloneFlag(nil, bit))
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}
