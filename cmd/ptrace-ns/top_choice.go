package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// choice is a run of top: a watch whose events say which processes are shown. Its filter
// is none of it: that one is edited, and asked of processes.
type choice struct {
	*watch
	shown   followed
	all     bool // nothing narrows what is shown
	crowded int  // so many in shown are too many
}

// choose understands the flags that top shares with watch.
func (o *topOptions) choose(a *app, flags *pflag.FlagSet) (*choice, error) {
	w := &watch{watchOptions: &o.watchOptions, app: a, asked: asked(flags)}
	for _, step := range []func() error{w.checkScope, w.checkKinds, w.checkKernel, w.checkFile, w.checkCommand} {
		if err := step(); err != nil {
			if exitCode(err) == exitFailed {
				err = &exitError{Code: exitUsage, Err: err}
			}
			return nil, err
		}
	}
	w.live.Signals, w.live.Keep, w.live.MaxArgs = deadly, keptForTop, 0
	c := &choice{watch: w, shown: followed{keys: map[events.ProcKey]struct{}{}}}
	c.all = len(w.wanted) == 0 && !w.follow && (w.child == nil || w.scope == scopeAll)
	return c, nil
}

// route is the way of an event to what is shown, and to the file. What is wrong with the
// choice is said, while no scene is taken.
func (c *choice) route(h *events.Header, file *eventFile, say func(string)) events.Sink {
	if c.child != nil {
		c.shown.since = h.StartNS
	}
	sinks := []events.Sink{&c.shown}
	if file != nil {
		sinks = append(sinks, selection.Kinds(events.Sink(file), c.stream))
	}
	all := c.followed(selection.Where(selection.Tee(sinks...), c.wanted...), int32(h.TracerPID))
	if len(c.pids) > 0 {
		all = selection.Present(all, c.pids)
	}
	if len(c.containers) > 0 {
		all = selection.Unknown(all, c.containers, func(name string) {
			say("no container " + name + " is known: only one that starts from now on can match")
		})
	}
	return all
}

// only says which processes are shown; nil is all.
func (c *choice) only() func(events.ProcKey) bool {
	if c.all {
		return nil
	}
	return func(key events.ProcKey) bool {
		_, ok := c.shown.keys[key]
		return ok
	}
}

// nobody says that no process is shown, and of what; it is empty where all are.
func (c *choice) nobody() string {
	switch {
	case c.all:
		return ""
	case len(c.containers) > 0 && len(c.wanted) == 1 && !c.follow && c.child == nil:
		return "there is no process of container " + strings.Join(c.containers, " or ")
	}
	return "there is no process of those that were asked for"
}

// tidy forgets whom the model has forgotten, once these may be as many as the rest.
func (c *choice) tidy(m *tree.Model) {
	if len(c.shown.keys) >= c.crowded {
		c.shown.forget(m)
		c.crowded = 2*len(c.shown.keys) + 4096
	}
}
