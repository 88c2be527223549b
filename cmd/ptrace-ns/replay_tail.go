package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

// tail reads a file that grows: at its end it waits for more, as long as there may be
// somebody who writes it.
type tail struct {
	ctx  context.Context
	r    io.Reader
	idle func() error // called when the waiting begins
	// writing reports whether the file's recorder is there, if that can be known.
	writing func() (writing, known bool)
	every   time.Duration // how often it is looked at

	begun, lines bool // something was read; it is lines and no frames
	seen         bool // its recorder was
	alone        int  // looks at which there was neither more nor a recorder
}

const (
	// lookAgain is how often a growing file is looked at; the recorder writes each second.
	lookAgain = 100 * time.Millisecond
	// strange is after how many looks a recording that nobody was seen to write, and that
	// does not grow, has no recorder: it may be a copy under way.
	strange = 50
)

func newTail(ctx context.Context, r io.Reader) *tail {
	t := &tail{ctx: ctx, r: r, idle: func() error { return nil }, every: lookAgain}
	t.writing = func() (bool, bool) { return false, false }
	if f, ok := r.(*os.File); ok {
		t.writing = func() (bool, bool) { return recording.Writing(f) }
	}
	return t
}

func (t *tail) Read(b []byte) (int, error) {
	ended := false
	for waited := false; ; waited = true {
		n, err := t.r.Read(b)
		if n > 0 {
			t.lines = t.lines || !t.begun && b[0] == '{'
			t.begun, t.alone = true, 0
		}
		if n > 0 || ended || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		if ended = t.ended(); ended {
			continue // it may have written its last between the two looks
		}
		if !waited {
			if err := t.idle(); err != nil {
				return 0, err
			}
		}
		select {
		case <-t.ctx.Done():
			return 0, io.EOF
		case <-time.After(t.every):
		}
	}
}

// ended reports whether nobody writes the file any more. A recorder has it locked for as
// long as it lives, however it ends; what somebody else writes, lines out of a pipe say,
// nobody locks.
func (t *tail) ended() bool {
	if !t.begun && t.alone < strange {
		t.alone++
		return false // asked now, a recorder that has just made the file could not lock it
	}
	writing, known := t.writing()
	switch {
	case !known:
		return false
	case writing:
		t.seen = true
		return false
	case t.seen:
		return true
	}
	t.alone++
	return !t.lines && t.alone >= strange
}
