package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// startSource is where a container's start is read from, and which container is
// meant; timeline and explain share it.
type startSource struct {
	live      bool
	timeout   time.Duration
	path      string
	container string
}

const liveStarts = `With --live it attaches, waits until a container has started and ended (the one
that CONTAINER names, or the first that starts), and then prints. An interrupt or
--timeout prints what is known by then.`

func (s *startSource) flags(f *pflag.FlagSet) {
	f.BoolVar(&s.live, "live", false, "attach and wait, in place of reading a recording")
	f.DurationVar(&s.timeout, "timeout", 0, "with --live: end after `DURATION`, e.g. 90s")
}

// take reads FILE [CONTAINER], or with --live [CONTAINER].
func (s *startSource) take(cmd *cobra.Command, args []string) error {
	if !s.live {
		if len(args) == 0 {
			return usageError("recording missing: a file, - for standard input, or --live; see %s --help", cmd.CommandPath())
		}
		s.path, args = args[0], args[1:]
	} else if len(args) > 0 {
		// A name that is waited for for ever is no answer to a mistaken flag.
		if info, err := os.Stat(args[0]); err == nil && info.Mode().IsRegular() {
			return usageError("%s is a file: FILE or --live, not both", safe.String(args[0]))
		}
	}
	return takeContainer(cmd, args, &s.container)
}

func (s *startSource) check(timed bool) error {
	switch {
	case timed && !s.live:
		return usageError("--timeout needs --live")
	case timed && s.timeout <= 0:
		return usageError("--timeout %s is not in the future", s.timeout)
	}
	return nil
}

// starts is what was read: the containers, and what their times rest on.
type starts struct {
	all []*report.Timeline
	// fruitless are those who asked for a container of which no process came to be.
	fruitless []report.Phase
	hidden    []report.Phase // shims of containers whose processes are not the host's
	bootTime  int64
	tracer    int32 // who recorded it; what it was told to run is its child
	// damage is the error of a recording that is not whole, told after what is.
	damage error
}

func (s *startSource) read(ctx context.Context, a *app) (*starts, error) {
	if s.live {
		return s.watch(ctx, a)
	}
	return a.readStarts(ctx, s.path)
}

// readStarts reads a recording to its end.
func (a *app) readStarts(ctx context.Context, path string) (_ *starts, err error) {
	p, err := a.openRecording(ctx, path, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = first(err, p.file.Close()) }()
	r := phases.New()
	if err := p.run(ctx, p, r); err != nil {
		return nil, err
	}
	h := p.reader.Header()
	return &starts{all: r.Timelines(), fruitless: r.Fruitless(), hidden: r.Hidden(), bootTime: h.BootTimeNS, tracer: int32(h.TracerPID), damage: p.damage}, nil
}

// watch attaches, and reads until the container has ended.
func (s *startSource) watch(ctx context.Context, a *app) (found *starts, err error) {
	o := liveOptions{Signals: deadly, Syscalls: true, CgroupDirs: true}
	return found, a.attached(ctx, o, s.timeout, func(ctx context.Context, cancel context.CancelFunc, live tracing) error {
		a.log.Info().Msg("attached; waiting for a container to start and end, or for an interrupt")
		waiting := &awaitEnd{Recorder: phases.New(), container: s.container, ended: cancel}
		if err := ended(live.Run(ctx, waiting)); err != nil {
			return err
		}
		found = &starts{all: waiting.Timelines(), fruitless: waiting.Fruitless(), hidden: waiting.Hidden(), bootTime: live.Header().BootTimeNS}
		return nil
	})
}

// deadly are the signals told of processes that are no PID 1: SIGKILL and SIGTERM.
const deadly = 1<<(9-1) | 1<<(15-1)

// settle is for those who clean up behind a container that has ended. Tests shorten it.
var settle = time.Second

// awaitEnd records until the container has ended, and a while more.
type awaitEnd struct {
	*phases.Recorder
	container string
	ended     func()
	look      bool // something ended since the last look
	done      bool
}

func (w *awaitEnd) Put(ev *events.Event) error {
	w.look = w.look || ev.Kind == events.Exit || ev.Kind == events.PidnsDestroy
	return w.Recorder.Put(ev)
}

// Flush looks, at an idle moment, whether it is over.
func (w *awaitEnd) Flush() error {
	if w.done || !w.look {
		return nil
	}
	w.look = false
	for _, t := range w.Timelines() {
		wanted := t.BeganNS != 0
		if w.container != "" {
			wanted = phases.Selects(t, w.container)
		}
		if wanted && phases.Ended(t) {
			w.done = true
			time.AfterFunc(settle, w.ended)
		}
	}
	return nil
}

// errSeveral is why no container was chosen: it is for the user to say which.
var errSeveral = errors.New("several containers")

// choose returns the container that the word names or, without a word, the one that
// the recorder's own command asked for, else the only one that started, else, where
// nobody asked for one in vain, the only one there is. With errSeveral come those to
// choose from; a word that several answer to is wrong usage.
func (s *starts) choose(word string) (*report.Timeline, []*report.Timeline, error) {
	found := s.all
	if word != "" {
		found = s.named(word)
	} else if begun := s.begun(); len(begun) > 0 {
		found = begun
		own := s.commanded(begun)
		if len(own) == 1 {
			found = own
		} else if len(own) == 0 && slices.ContainsFunc(s.fruitless, s.isCommand) {
			return nil, nil, errors.New("no container was started for the command: " + s.refused() + "; others started at that time: " + known(begun))
		}
	} else if len(s.fruitless) > 0 {
		return nil, nil, errors.New("no container was started: " + s.refused())
	}
	switch {
	case len(found) == 1:
		return found[0], nil, nil
	case len(found) > 1 && word != "":
		return nil, nil, usageError("container %s is %s: choose by the init's PID, %s", safe.String(word), times(found), pids(found))
	case len(found) > 1:
		return nil, found, errSeveral
	case word != "":
		return nil, nil, fmt.Errorf("container %s is not there: %s", safe.String(word), known(s.all)+after(s.refused()))
	}
	return nil, nil, errors.New("no container and no PID namespace is there" + after(s.refused()))
}

// named are those that answer to a word; who is called exactly so comes before those
// whose ids begin with it.
func (s *starts) named(word string) (found []*report.Timeline) {
	exact := false
	for _, t := range s.all {
		called := t.ID == word || t.Container != nil && (t.Container.Name == word || t.Container.ID == word)
		if !phases.Selects(t, word) || exact && !called {
			continue
		}
		if called && !exact {
			exact, found = true, nil
		}
		found = append(found, t)
	}
	return found
}

// refused tells who asked for a container in vain.
func (s *starts) refused() string {
	var all []string
	for _, f := range s.fruitless {
		all = append(all, fmt.Sprintf("%s asked for one (%s) and %s before any process of it was born",
			words.Ref(f.Process), words.AppendArgs(nil, f.Args, "..."), words.Status(*f.Exit)))
		if report.Refused(f.Program, *f.Exit) {
			all[len(all)-1] += " (its word for a refusal, as of an image that is missing; it printed why)"
		}
	}
	all = atMost(all)
	var hidden []string
	for _, f := range s.hidden {
		role := container.RoleOf(&events.Process{Exe: f.Program, Args: f.Args})
		hidden = append(hidden, fmt.Sprintf("%s is the %s: inside %s nothing is visible", words.Ref(f.Process), role.Words, safe.String(role.Call.ID)))
	}
	return strings.Join(append(all, atMost(hidden)...), "; ")
}

// atMost cuts a list at the number that an error names.
func atMost(all []string) []string {
	if len(all) > maxKnown {
		all = append(all[:maxKnown], "...")
	}
	return all
}

func after(text string) string {
	if text == "" {
		return ""
	}
	return "; " + text
}

// times says how often a container was started, or how many answer to one word.
func times(found []*report.Timeline) string {
	for _, t := range found {
		if t.ID != found[0].ID {
			return fmt.Sprintf("one of %d", len(found))
		}
	}
	if len(found) == 2 {
		return "there twice"
	}
	return fmt.Sprintf("there %d times", len(found))
}

// pids tells containers apart by the host's PIDs of their inits.
func pids(found []*report.Timeline) string {
	var all []string
	for _, t := range found {
		all = append(all, fmt.Sprintf("%d (%s)", t.Init.Key.PID, safe.String(nameOf(t))))
	}
	return strings.Join(atMost(all), ", ")
}

// begun are those whose start is in the stream.
func (s *starts) begun() (found []*report.Timeline) {
	for _, t := range s.all {
		if t.BeganNS != 0 {
			found = append(found, t)
		}
	}
	return found
}

// commanded are those whose first process is the command that was recorded.
func (s *starts) commanded(all []*report.Timeline) (found []*report.Timeline) {
	for _, t := range all {
		if len(t.Phases) > 0 && s.isCommand(t.Phases[0]) {
			found = append(found, t)
		}
	}
	return found
}

// isCommand reports whether a phase's process is the command that was recorded.
func (s *starts) isCommand(f report.Phase) bool {
	return s.tracer > 0 && f.Parent.Key.PID == s.tracer
}

// tellOthers says what else there was to choose from where nobody said which.
func (s *starts) tellOthers(a *app, word string) {
	if begun := s.begun(); word == "" && len(begun) > 1 {
		a.log.Info().Msg("others started at that time; CONTAINER chooses: " + known(begun))
	}
}

// maxKnown is how many containers an error names.
const maxKnown = 10

// known names containers in an error, those that share a name by their inits' PIDs.
func known(all []*report.Timeline) string {
	if len(all) == 0 {
		return "there is none"
	}
	named := map[string]int{}
	for _, t := range all {
		named[nameOf(t)]++
	}
	var ids []string
	for i, t := range all {
		if i == maxKnown {
			ids = append(ids, "...")
			break
		}
		id := safe.String(nameOf(t))
		if named[nameOf(t)] > 1 {
			id = fmt.Sprintf("%d (%s)", t.Init.Key.PID, id)
		}
		ids = append(ids, id)
	}
	return "there are " + strings.Join(ids, ", ")
}

// nameOf is what people call a container.
func nameOf(t *report.Timeline) string {
	switch {
	case t.Container != nil && t.Container.Name != "":
		return t.Container.Name
	}
	return words.ShortID(t.ID)
}

// isFile reports whether a path is there, or is standard input.
func isFile(path string) bool {
	_, err := os.Stat(path)
	return path == "-" || err == nil
}
