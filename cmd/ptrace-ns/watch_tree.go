package main

import (
	"io"
	"slices"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/nstree"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// keptForTree is how many exited processes are kept where a tree of them is shown.
const keptForTree = 64 << 10

// followed is a sink that remembers which processes were selected.
type followed struct {
	keys map[events.ProcKey]struct{}
	news bool // an event came that no tree has shown yet
	// since is when a command was started, CLOCK_BOOTTIME: snapshots of who was there
	// before only give context. 0 is no command.
	since uint64
}

func (f *followed) Put(ev *events.Event) error {
	f.news = true
	key := ev.Process.Key
	// A killer's victim, or a namespace's end, may be told of one long dead.
	if key.IsZero() || ev.Kind == events.Snapshot && key.Start < f.since {
		return nil
	}
	f.keys[key] = struct{}{}
	return nil
}

func (f *followed) Flush() error { return nil }

// forget drops whom the model has forgotten and returns how many these were.
func (f *followed) forget(m *tree.Model) int {
	before := len(f.keys)
	for key := range f.keys {
		if _, ok := m.Process(key); !ok {
			delete(f.keys, key)
		}
	}
	return before - len(f.keys)
}

// treeShow prints the tree of what a watch has followed.
type treeShow struct {
	w         io.Writer
	view      forest.Options
	followed  followed
	spaces    nstree.Options
	forgotten int
	shown     bool          // a tree was
	nowNS     func() uint64 // CLOCK_BOOTTIME
	// clock tells the trees of one run apart; nil where there is only one.
	clock func() time.Time
}

// newTreeShow prints where people look: beside the stream of text, but beside the
// summary when standard output is for JSON. startNS is when tracing began.
func (w *watch) newTreeShow(startNS uint64) *treeShow {
	s := &treeShow{w: w.app.out, nowNS: w.nowNS, followed: followed{keys: map[events.ProcKey]struct{}{}}, view: forest.Options{
		Color: w.app.coloured(w.color), Unicode: w.app.unicode(), Width: w.app.width(), User: w.app.user, Ended: true,
	}}
	if w.child != nil {
		s.followed.since = startNS
	}
	if w.interval > 0 {
		s.clock = time.Now
	}
	if w.output == "json" {
		s.w, s.view.Color, s.view.Width = w.app.err, false, 0
	}
	s.spaces = nstree.Options{Color: s.view.Color, Unicode: s.view.Unicode, User: w.app.user}
	return s
}

// last shows the tree at the end, where that is another than the one shown last.
func (s *treeShow) last(m *tree.Model) error {
	if s.shown && !s.followed.news {
		return nil
	}
	return s.show(m)
}

func (s *treeShow) show(m *tree.Model) error {
	s.shown, s.followed.news = true, false
	if s.clock != nil {
		if _, err := io.WriteString(s.w, s.clock().Format("-- 15:04:05 --\n")); err != nil {
			return err
		}
	}
	s.forgotten += s.followed.forget(m)
	wanted := func(p *tree.Process) bool {
		_, ok := s.followed.keys[p.Key]
		return ok
	}
	roots := picture.Forest(m, picture.Selection{Ended: true, Context: true, Wanted: wanted})
	s.view.Gap = m.Missed()
	if err := forest.Text(s.w, roots, s.view); err != nil {
		return err
	}
	if s.forgotten > 0 {
		if _, err := io.WriteString(s.w, words.Count(s.forgotten, "process", "processes")+" that ended before are forgotten\n"); err != nil {
			return err
		}
	}
	return s.showSpaces(m, wanted)
}

// showSpaces prints the PID namespaces of what was followed, where there is any but
// the initial one.
func (s *treeShow) showSpaces(m *tree.Model, wanted func(*tree.Process) bool) error {
	o := s.spaces
	o.NowNS = s.nowNS()
	all := picture.NamespacesOf(m, o.NowNS, wanted)
	if !slices.ContainsFunc(all, func(ns *report.Namespace) bool { return ns.Info.Level > 0 || len(ns.Children) > 0 }) {
		return nil
	}
	return nstree.Write(s.w, all, o)
}

// every calls do at each interval until stop is called; the first error ends it,
// and is given to failed. stop waits for a call that is under way.
func every(interval time.Duration, do func() error, failed func(error)) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticks := time.NewTicker(interval)
		defer ticks.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
			}
			if err := do(); err != nil {
				failed(err)
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}
