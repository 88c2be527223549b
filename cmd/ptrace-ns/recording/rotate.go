package recording

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

type finished struct {
	path string
	size int64
}

// saying returns the header with an option more.
func saying(h *events.Header, name string, value any) *events.Header {
	said := *h
	said.Options = maps.Clone(h.Options)
	if said.Options == nil {
		said.Options = map[string]any{}
	}
	said.Options[name] = value
	return &said
}

// fits returns those of the processes that are told at the beginning of a file. They take
// at most a quarter of it.
func (r *Recorder) fits(procs []*events.Process) []*events.Process {
	room := r.most() / 4
	if room == 0 {
		return procs
	}
	return within(procs, func(some []*events.Process) int {
		if Lines(r.o.Path) {
			return linesWithin(some, room)
		}
		return framesWithin(r.header, some, room)
	})
}

// partHeader says of a later file that it goes on where another ended, with how many
// snapshots of those who lived then it begins, and how many had no room.
func (r *Recorder) partHeader(told, left int) *events.Header {
	h := saying(r.header, record.OptionPart, r.part)
	h.Options[record.OptionContinues], h.Options[record.OptionSnapshot] = filepath.Base(r.before), told
	if left > 0 {
		h.Options[record.OptionLeftOut] = left
	}
	return h
}

// rotate ends a file and begins the next, under the first name that is free.
func (r *Recorder) rotate() error {
	for r.o.MaxSize > 0 && r.o.MaxSize-r.Size() < leastRoom {
		if !r.mayDrop() {
			return r.isFull()
		}
		if err := r.drop(); err != nil {
			return err
		}
	}
	// What was lost is counted once, at the end of all.
	if err := r.end(record.Trailer{LostUnknown: true}); err != nil {
		return err
	}
	for r.file == nil {
		r.number++
		file, err := CreateFile(r.name(), r.fileOptions())
		if err == nil {
			r.file = file
		} else if !errors.Is(err, fs.ErrExist) && !errors.Is(err, ErrBusy) {
			return err
		}
	}
	for r.o.Keep > 0 && len(r.done) >= r.o.Keep {
		if err := r.drop(); err != nil {
			return err
		}
	}
	err := r.begin()
	if errors.Is(err, record.ErrNoRoom) {
		err = errors.Join(r.isFull(), r.file.Discard())
		r.file, r.enc = nil, nil
	}
	return err
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
