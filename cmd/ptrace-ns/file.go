package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// eventFile is a sink that writes a recording beside what is shown. Its failure ends
// nothing but itself: a full disk does not stop what is on the screen. The nil one is
// no file.
type eventFile struct {
	next   events.Sink
	file   *recording.Recorder
	drain  func() error // gives to next what waits before it; nil is nothing
	failed func(error)
	cut    func(name string) // told where a recording is that is not all there
	// rotates says that an event may begin a new file, by a name of the caller's.
	rotates bool
	// written has, once the file is closed, what is in it; nil is for nobody.
	written *counter
	err     error
	closed  bool
}

// createFile makes the file of -w, nil without it.
func (w *watch) createFile() (*eventFile, error) {
	if w.file == "" {
		return nil, nil
	}
	o := w.limits
	o.Path, o.Replace, o.Owner = w.file, w.replace, w.app.owner()
	var file *recording.Recorder
	err := confine.ByCaller(func() (err error) {
		file, err = recording.Create(o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("event file: %w", err)
	}
	if file.Name() != w.file {
		w.app.log.Info().Msgf("until the recording is whole it is in %s; what is in %s now stays till then", file.Name(), w.file)
	}
	failed := func(err error) { w.app.log.Error().Err(err).Msg("event file given up") }
	f := &eventFile{next: file, file: file, failed: failed, cut: w.toldCut, rotates: o.RotateSize > 0 || o.RotateEvery > 0}
	if w.redaction != nil {
		f.next = recording.Redact(file, w.redaction)
	}
	return f, nil
}

// toldCut says where a recording is that is not all there; "" says that nothing was in it.
func (w *watch) toldCut(name string) {
	switch {
	case name == "":
		w.app.log.Error().Msg("nothing was recorded: the new file is removed")
	case w.replace && name != w.file:
		w.app.log.Error().Msgf("%s stays as it was; the new recording is not whole, and is in %s", w.file, name)
	default:
		w.app.log.Error().Msgf("the recording in %s is not whole", name)
	}
}

// begin writes the header.
func (f *eventFile) begin(h *events.Header) {
	if f != nil {
		f.note(f.file.Begin(h))
	}
}

// Put writes an event unless the file was given up.
func (f *eventFile) Put(ev *events.Event) error {
	switch {
	case f.err != nil:
	case f.rotates:
		f.note(confine.ByCaller(func() error { return f.next.Put(ev) }))
	default:
		f.note(f.next.Put(ev))
	}
	return nil
}

// Flush writes what has waited for long enough.
func (f *eventFile) Flush() error {
	if f.err == nil {
		f.note(f.next.Flush())
	}
	return nil
}

// close ends the file with what was counted; a second time it does nothing. A file that
// was given up is not all there, and ends as such; one that is full is whole.
func (f *eventFile) close(t record.Trailer) {
	if f == nil || f.closed {
		return
	}
	f.drained()
	if f.err != nil && !errors.Is(f.err, recording.ErrFull) {
		f.abandon()
		return
	}
	f.closed = true
	if err := confine.ByCaller(func() error { return f.file.Close(t) }); err != nil {
		f.err = fmt.Errorf("event file: %w", err)
		f.failed(f.err)
	}
	f.count()
}

// abandon ends a file that is not all there, unless it was closed: what it was to
// replace stays.
func (f *eventFile) abandon() {
	if f == nil || f.closed {
		return
	}
	f.drained()
	f.closed = true
	var name string
	f.note(confine.ByCaller(func() (err error) {
		name, err = f.file.Cut()
		return err
	}))
	f.count()
	f.cut(name)
}

// drained gives the file what waits before it.
func (f *eventFile) drained() {
	if f.drain != nil && f.err == nil {
		f.note(confine.ByCaller(f.drain))
	}
	f.drain = nil
}

func (f *eventFile) count() {
	if f.written != nil {
		for kind, n := range f.file.Written() {
			f.written.n[kind] = n
		}
	}
}

// discard removes a file in which nothing is.
func (f *eventFile) discard() error {
	if f == nil {
		return nil
	}
	return confine.ByCaller(f.file.Discard)
}

func (f *eventFile) note(err error) {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("event file: %w", err)
		f.failed(f.err)
	}
}

// trailer is the summary as a recording keeps it.
func (s summary) trailer() record.Trailer {
	all := s.total()
	t := record.Trailer{
		Lost: all.Dropped + all.Missed, BirthsNewtask: s.BirthsNewtask, BirthsFork: s.BirthsFork, Mispredicted: s.Mispredicted,
	}
	if s.ByKind != nil {
		t.Kernel = make(map[events.Kind]ndjson.Counts, len(s.ByKind))
	}
	for kind, c := range s.ByKind {
		t.Kernel[kind] = ndjson.Counts(c)
	}
	return t
}

// fileFlags are those of whatever writes a recording beside what it shows.
func (o *watchOptions) fileFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.file, "write", "w", "", "also write all selected events to the new `FILE`: a recording for replay, or JSON lines where its name ends in .ndjson, .jsonl or .json")
	f.BoolVar(&o.replace, "force", false, "with -w: replace the file, once the new one is whole")
	f.StringArrayVar(&o.redact, "redact", nil, redactHelp)
}

const redactHelp = "take out of the file what `PATTERN`, a regular expression, finds in arguments and environments: its first group or all of it; default stands for what has the form of a secret (repeatable)"

// patternNames is what is told of the patterns of redact: one of one's own may be the
// very secret.
func patternNames(patterns []string) []string {
	names := slices.Clone(patterns)
	for i, p := range names {
		if p != "default" && p != "none" {
			names[i] = "own"
		}
	}
	return names
}

// checkFile understands the flags of the file.
func (w *watch) checkFile() (err error) {
	switch {
	case w.file == "-":
		return fmt.Errorf("a recording goes to a file of its own, not to standard output; for a pipe there is watch -o json, whose lines are read like a recording")
	case w.file == "" && w.replace:
		return fmt.Errorf("--force needs -w FILE")
	case w.file == "" && len(w.redact) > 0:
		return fmt.Errorf("--redact needs -w FILE")
	case len(w.redact) == 0:
		return nil
	}
	if w.redaction, err = recording.ParseRedaction(w.redact); err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	return nil
}
