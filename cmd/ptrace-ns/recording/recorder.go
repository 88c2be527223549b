package recording

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// Options say where a recording goes and how large it may get.
type Options struct {
	// Path is the first file. One that ends in .json, .jsonl or .ndjson has plain
	// lines, any other is a recording (package record).
	Path    string
	Replace bool // see FileOptions
	Owner   *Owner
	// RotateSize and RotateEvery begin a new file before one is larger, or when it
	// has lasted that long and another event comes. 0 is never. Of an event that is too
	// large for a file of its own the arguments and the environment are cut.
	RotateSize  int64
	RotateEvery time.Duration
	// Keep is how many files stay, the one that is written included: older ones that
	// this recorder made are removed. 0 is all.
	Keep int
	// MaxSize bounds all files together, at any time; 0 is no bound. Old files are
	// removed to stay below when Keep lets files be removed at all; else, and when there
	// is no older one, Put returns ErrFull.
	MaxSize int64
	// Now is the clock by which files are old; nil is time.Now.
	Now func() time.Time
}

// Recorder is a sink that writes a recording of one or more files.
type Recorder struct {
	o      Options
	header *events.Header
	file   *File
	enc    encoder
	began  time.Time
	number int        // of the file, from 1
	part   int        // how many files were begun
	before string     // the path of the file before this one
	done   []finished // that stay
	// written counts the events of the files that are finished.
	written map[events.Kind]uint64
	// living is who is told at the beginning of a next file; nil where there is none.
	living *living
	told   uint64 // so at the beginning of this file
	fresh  bool   // the file has no other event
	full   bool
}

// Lines reports whether a file of that name has plain lines.
func Lines(path string) bool {
	return slices.Contains([]string{".json", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(path)))
}

// Create makes the first file, so that whatever is wrong with its place is known
// before there is anything to record.
func Create(o Options) (*Recorder, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Recorder{o: o, number: 1, written: map[events.Kind]uint64{}}
	if o.RotateSize > 0 || o.RotateEvery > 0 {
		r.living = newLiving()
	}
	var err error
	r.file, err = CreateFile(o.Path, r.fileOptions())
	return r, err
}

func (r *Recorder) fileOptions() FileOptions {
	return FileOptions{Replace: r.o.Replace, Owner: r.o.Owner, Lines: Lines(r.o.Path)}
}

// Begin writes the header, with which every file begins.
func (r *Recorder) Begin(h *events.Header) error {
	r.header = saying(h, ndjson.OptionTrailer, true)
	return r.begin()
}

func (r *Recorder) begin() (err error) {
	r.began, r.fresh = r.o.Now(), true
	r.part++
	h, opening := r.header, []events.Event(nil)
	if r.part > 1 {
		left := 0
		opening, left = r.living.snapshots(r.fits)
		h = r.partHeader(len(opening), left)
	}
	if Lines(r.o.Path) {
		r.enc, err = newLines(r.file, h, r.most())
	} else {
		r.enc, err = newFrames(r.file, h, r.most())
	}
	if err != nil {
		return err
	}
	return r.open(opening)
}

// open writes who lives, so that a later file can be read by itself.
func (r *Recorder) open(opening []events.Event) error {
	for i := range opening {
		if err := r.enc.Put(&opening[i]); err != nil {
			return err
		}
	}
	if len(opening) == 0 {
		return nil
	}
	if err := r.enc.Sync(); err != nil {
		return err
	}
	r.told = uint64(len(opening))
	return nil
}

// Put writes one event, to a new file where that is due.
func (r *Recorder) Put(ev *events.Event) error {
	if r.full {
		return ErrFull
	}
	if r.o.RotateEvery > 0 && r.o.Now().Sub(r.began) >= r.o.RotateEvery {
		if err := r.rotate(); err != nil {
			return err
		}
	}
	err := r.enc.Put(ev)
	for errors.Is(err, record.ErrNoRoom) {
		if ev, err = r.makeRoom(ev); err == nil {
			err = r.enc.Put(ev)
		}
	}
	if err == nil {
		r.fresh = false
		if r.living != nil {
			r.living.put(ev)
		}
	}
	return err
}

// Flush writes what has waited for long enough.
func (r *Recorder) Flush() error { return r.enc.Flush() }

// end finishes the file that is written.
func (r *Recorder) end(t record.Trailer) error {
	var err error
	if r.enc != nil {
		err = r.enc.end(t)
	}
	err = errors.Join(err, r.file.Close())
	r.written = r.Written()
	r.enc, r.told = nil, 0
	r.before = r.file.Path()
	r.done = append(r.done, finished{r.file.Path(), r.file.Size()})
	r.file = nil
	return err
}

// Close ends the recording. The trailer's counts of the kernel are the last file's.
func (r *Recorder) Close(t record.Trailer) error {
	if r.file == nil { // the next could not be made
		return nil
	}
	return r.end(t)
}

// Discard removes the file of a recording that has not begun.
func (r *Recorder) Discard() error { return r.file.Discard() }

// Written counts the events that were written, by kind: also those of files that are
// removed since, and not those that wait, that a failed write took, or that a file of
// several tells again.
func (r *Recorder) Written() map[events.Kind]uint64 {
	all := maps.Clone(r.written)
	if r.enc != nil {
		for kind, n := range r.enc.Written() {
			all[kind] += n
		}
		if all[events.Snapshot] -= r.told; all[events.Snapshot] == 0 {
			delete(all, events.Snapshot)
		}
	}
	return all
}

// Size returns how many bytes the files have that stay; how many they are is Files.
func (r *Recorder) Size() int64 {
	if r.file == nil {
		return r.kept()
	}
	return r.kept() + r.file.Size()
}

// Name returns the name of the file that is written, until it is whole.
func (r *Recorder) Name() string { return r.file.Name() }

// Files returns how many files stay.
func (r *Recorder) Files() int {
	if r.file == nil {
		return len(r.done)
	}
	return len(r.done) + 1
}
