package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/jsonl"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// ErrFull ends a recording that has reached its MaxSize.
var ErrFull = errors.New("recording is full")

// Options say where a recording goes and how large it may get.
type Options struct {
	// Path is the first file. One that ends in .json, .jsonl or .ndjson has plain
	// lines, any other is a recording (package record).
	Path    string
	Replace bool // see FileOptions
	Owner   *Owner
	// RotateSize and RotateEvery begin a new file before one is larger, or when it
	// has lasted that long and another event comes. 0 is never.
	RotateSize  int64
	RotateEvery time.Duration
	// Keep is how many files stay, the one that is written included: older ones that
	// this recorder made are removed. 0 is all.
	Keep int
	// MaxSize bounds all files together; 0 is no bound. Old files are removed to stay
	// below when Keep lets files be removed at all; else Put returns ErrFull.
	MaxSize int64
	// Now is the clock by which files are old; nil is time.Now.
	Now func() time.Time
}

// trailerRoom is kept free for what ends a file: the largest trailer there is.
const trailerRoom = 4 << 10

// encoder writes events as lines or as a recording.
type encoder interface {
	events.Sink
	end(record.Trailer) error
}

// lineEncoder has no trailer.
type lineEncoder struct{ *jsonl.Sink }

func (e lineEncoder) end(record.Trailer) error { return e.Flush() }

type frameEncoder struct{ *record.Writer }

func (e frameEncoder) end(t record.Trailer) error { return e.Close(t) }

// Recorder is a sink that writes a recording of one or more files.
type Recorder struct {
	o      Options
	header *events.Header
	file   *File
	enc    encoder
	began  time.Time
	number int        // of the file, from 1
	done   []finished // that stay
	// frame is the most that one write adds.
	frame int64
	full  bool
}

type finished struct {
	path string
	size int64
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
	r := &Recorder{o: o, number: 1, frame: 256 << 10}
	for _, limit := range []int64{o.RotateSize, o.MaxSize} {
		if limit > 0 {
			r.frame = max(4<<10, min(r.frame, limit/8))
		}
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
	r.header = h
	return r.begin()
}

func (r *Recorder) begin() error {
	r.began = r.o.Now()
	if Lines(r.o.Path) {
		sink, err := jsonl.New(r.file, r.header, nil)
		r.enc = lineEncoder{sink}
		return err
	}
	w, err := record.NewWriter(r.file, r.header, record.Options{FrameBytes: int(r.frame)})
	r.enc = frameEncoder{w}
	return err
}

// Put writes one event, to a new file where that is due.
func (r *Recorder) Put(ev *events.Event) error {
	if r.full {
		return ErrFull
	}
	next := r.file.Size() + r.frame + trailerRoom
	if r.o.RotateSize > 0 && next > r.o.RotateSize || r.o.RotateEvery > 0 && r.o.Now().Sub(r.began) >= r.o.RotateEvery {
		if err := r.rotate(); err != nil {
			return err
		}
		next = r.file.Size() + r.frame + trailerRoom
	}
	if r.o.MaxSize > 0 {
		for r.kept()+next > r.o.MaxSize && r.o.Keep > 0 && len(r.done) > 0 {
			if err := r.drop(); err != nil {
				return err
			}
		}
		if r.full = r.kept()+next > r.o.MaxSize; r.full {
			return fmt.Errorf("%w: it has reached %d bytes", ErrFull, r.o.MaxSize)
		}
	}
	return r.enc.Put(ev)
}

// Flush writes what has waited for long enough.
func (r *Recorder) Flush() error { return r.enc.Flush() }

// rotate ends a file and begins the next, under the first name that is free.
func (r *Recorder) rotate() error {
	if err := r.end(record.Trailer{}); err != nil {
		return err
	}
	for {
		r.number++
		file, err := CreateFile(r.name(), r.fileOptions())
		if errors.Is(err, fs.ErrExist) || errors.Is(err, ErrBusy) {
			continue
		}
		if err != nil {
			return err
		}
		r.file = file
		break
	}
	for r.o.Keep > 0 && len(r.done) >= r.o.Keep {
		if err := r.drop(); err != nil {
			return err
		}
	}
	return r.begin()
}

// name numbers the path before what it ends in: start.zst, start-2.zst.
func (r *Recorder) name() string {
	base, end := r.o.Path, ""
	for _, ext := range []string{".zst", ".ndjson", ".jsonl", ".json"} {
		if cut, ok := strings.CutSuffix(base, ext); ok && filepath.Base(cut) != "." && cut != "" {
			base, end = cut, ext+end
		}
	}
	return base + "-" + strconv.Itoa(r.number) + end
}

// drop removes the oldest file that this recorder made.
func (r *Recorder) drop() error {
	oldest := r.done[0]
	r.done = r.done[1:]
	if err := os.Remove(oldest.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (r *Recorder) kept() (n int64) {
	for _, f := range r.done {
		n += f.size
	}
	return n
}

// end finishes the file that is written.
func (r *Recorder) end(t record.Trailer) error {
	var err error
	if r.enc != nil {
		err = r.enc.end(t)
	}
	err = errors.Join(err, r.file.Close())
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
