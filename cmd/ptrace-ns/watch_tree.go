package main

import (
	"io"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// keptForTree is how many exited processes are kept where a tree of them is shown.
const keptForTree = 64 << 10

// followed is a sink that remembers which processes were selected.
type followed struct{ keys map[events.ProcKey]struct{} }

func (f *followed) Put(ev *events.Event) error {
	// A killer's victim, or a namespace's end, may be told of one long dead.
	if !ev.Process.Key.IsZero() {
		f.keys[ev.Process.Key] = struct{}{}
	}
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
	forgotten int
	// clock tells the trees of one run apart; nil where there is only one.
	clock func() time.Time
}

// newTreeShow prints where people look: beside the stream of text, but beside the
// summary when standard output is for JSON.
func (w *watch) newTreeShow() *treeShow {
	s := &treeShow{w: w.app.out, followed: followed{map[events.ProcKey]struct{}{}}, view: forest.Options{
		Color: w.app.coloured(w.color), Unicode: w.app.unicode(), Width: w.app.width(), User: w.app.user, Ended: true,
	}}
	if w.interval > 0 {
		s.clock = time.Now
	}
	if w.output == "json" {
		s.w, s.view.Color, s.view.Width = w.app.err, false, 0
	}
	return s
}

func (s *treeShow) show(m *tree.Model) error {
	if s.clock != nil {
		if _, err := io.WriteString(s.w, s.clock().Format("-- 15:04:05 --\n")); err != nil {
			return err
		}
	}
	s.forgotten += s.followed.forget(m)
	roots := picture.Forest(m, picture.Selection{Ended: true, Wanted: func(p *tree.Process) bool {
		_, ok := s.followed.keys[p.Key]
		return ok
	}})
	if err := forest.Text(s.w, roots, s.view); err != nil {
		return err
	}
	if s.forgotten == 0 {
		return nil
	}
	_, err := io.WriteString(s.w, words.Count(s.forgotten, "process", "processes")+" that ended before are forgotten\n")
	return err
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
