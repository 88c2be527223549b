package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// streamFile is a file that ends in a whole line, whatever happens to a write.
type streamFile struct {
	f    *os.File
	size int64
}

// createStream makes a new file that nobody else can read: arguments and
// environments are in it. It follows no link and replaces nothing.
func createStream(path string) (*streamFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("event file: %w", err)
	}
	return &streamFile{f: f}, nil
}

// Write takes whole lines. When it fails, the lines that were written whole stay,
// and what was written of the next is taken back.
func (s *streamFile) Write(b []byte) (int, error) {
	n, err := s.f.Write(b)
	if err == nil {
		s.size += int64(n)
		return n, nil
	}
	whole := bytes.LastIndexByte(b[:n], '\n') + 1
	s.size += int64(whole)
	if cut := s.f.Truncate(s.size); cut != nil {
		return n, fmt.Errorf("%w, and its last line is not whole: %w", err, cut)
	}
	return whole, err
}

func (s *streamFile) Close() error { return s.f.Close() }

// besides is a sink whose failure ends nothing but itself: a full disk does not
// stop what is on the screen.
type besides struct {
	next   events.Sink
	failed func(error)
	err    error
}

func (s *besides) Put(ev *events.Event) error {
	if s.err == nil {
		s.note(s.next.Put(ev))
	}
	return nil
}

func (s *besides) Flush() error {
	if s.err == nil {
		s.note(s.next.Flush())
	}
	return nil
}

func (s *besides) note(err error) {
	if err != nil {
		s.err = fmt.Errorf("event file: %w", err)
		s.failed(s.err)
	}
}
