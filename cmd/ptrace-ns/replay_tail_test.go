package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

// growing is a file that a test writes as a recorder does, and a replay that follows it.
type growing struct {
	t     *testing.T
	file  *recording.File
	shown output
	done  chan result
}

func grow(t *testing.T, name string, begin []byte) *growing {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := recording.CreateFile(path, recording.FileOptions{Lines: recording.Lines(path)})
	if err != nil {
		t.Fatal(err)
	}
	g := &growing{t: t, file: f, done: make(chan result, 1)}
	g.write(begin)
	go func() {
		g.done <- (&fake{}).execute(t, func(a *app) { a.out = &g.shown }, "replay", "-q", "-o", "json", "-f", path)
	}()
	// What is shown before the rest is there must be shown while that is waited for.
	for strings.Count(g.shown.String(), "\n") < 2 {
		time.Sleep(time.Millisecond)
	}
	return g
}

func (g *growing) write(b []byte) {
	g.t.Helper()
	if _, err := g.file.Write(b); err != nil {
		g.t.Fatal(err)
	}
}

// gone is what the replay says once the recorder is, whose lock goes with it.
func (g *growing) gone() result {
	g.t.Helper()
	if err := g.file.Close(); err != nil {
		g.t.Fatal(err)
	}
	return <-g.done
}

// TestReplayGrows gives a file piece by piece to a replay that follows it: to its end,
// which the trailer tells, or until its recorder is killed.
func TestReplayGrows(t *testing.T) {
	path := recorded(t, family())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	half := len(whole) - 100
	want := (&fake{}).execute(t, nil, "replay", "-q", "-o", "json", path)
	g := grow(t, "whole.zst", whole[:half])
	g.write(whole[half:])
	if r := <-g.done; r.code != 0 || g.shown.String() != want.out {
		t.Errorf("%d, %v: %s", r.code, r.err, g.shown.String())
	}
	g = grow(t, "killed.zst", whole[:half])
	if r := g.gone(); r.code != exitDamaged || !strings.Contains(r.err.Error(), "recording is cut off at byte") || g.shown.String() != want.out {
		t.Errorf("of a recorder that was killed: %d, %v: %s", r.code, r.err, g.shown.String())
	}
	// Of what nobody locks the end is not known, unless somebody does not want to wait.
	if r := (&fake{}).execute(t, nil, "replay", "-q", "-f", "--timeout", "300ms", g.file.Path()); r.code != 0 {
		t.Errorf("%d, %v", r.code, r.err)
	}
	// Lines have no trailer: their end is that of their recorder.
	lines := strings.SplitAfter(want.out, "\n")
	g = grow(t, "lines.ndjson", []byte(strings.Join(lines[:5], "")))
	g.write([]byte(strings.Join(lines[5:], "")))
	if r := g.gone(); r.code != 0 || g.shown.String() != want.out {
		t.Errorf("of lines: %d, %v: %s", r.code, r.err, g.shown.String())
	}
}

// TestReplayGrowsInPart compares a part of a file that grows, at its own pace, with that
// of the whole.
func TestReplayGrowsInPart(t *testing.T) {
	path := recorded(t, family())
	for _, flags := range []string{"--from 3 --to 9", "--from 4ms --to 12ms", "--to 5", "--from 15", "--from 4ms --speed 2", "--speed 0.5 --to 9 -e exit,fork", "--from 1h"} {
		args := append([]string{"replay", "-q", "-o", "json"}, strings.Fields(flags)...)
		want := (&fake{}).execute(t, nil, append(args, path)...)
		got := (&fake{}).execute(t, nil, append(args, "-f", path)...)
		if want.code != 0 || got.code != 0 || got.out != want.out {
			t.Errorf("%s: %v, %v: got %s, want %s", flags, want.err, got.err, got.out, want.out)
		}
	}
}

// TestTailEnds has a file that does not grow any more: who writes it decides how long
// that is looked at.
func TestTailEnds(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		writing, known []bool // at each look, the last for ever
		ends           bool
	}{
		{"a recorder that is gone", "(frames", []bool{true, true, false}, []bool{true}, true},
		{"one that was never seen", "(frames", []bool{false}, []bool{true}, true},
		{"nothing was ever written", "", []bool{false}, []bool{true}, true},
		{"lines of nobody", "{}", []bool{false}, []bool{true}, false},
		{"lines of one who is gone", "{}", []bool{true, false}, []bool{true}, true},
		{"one who is there", "(frames", []bool{true}, []bool{true}, false},
		{"it cannot be known", "(frames", []bool{false}, []bool{false}, false},
	} {
		looks, idle := 0, 0
		enough := errors.New("it goes on and on")
		in := &endless{text: c.text, enough: enough}
		tl := newTail(t.Context(), in)
		tl.every, tl.idle = 0, func() error { idle++; return nil }
		tl.writing = func() (bool, bool) {
			looks++
			return c.writing[min(looks, len(c.writing))-1], c.known[min(looks, len(c.known))-1]
		}
		text, err := io.ReadAll(tl)
		if ended := err == nil; ended != c.ends || !ended && !errors.Is(err, enough) || string(text) != c.text {
			t.Errorf("%s: %q, %v", c.name, text, err)
		}
		if idle != 1 {
			t.Errorf("%s: it was told %d times that nothing comes", c.name, idle)
		}
	}
}

// endless is a file at whose end many looks fail.
type endless struct {
	text   string
	looks  int
	enough error
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.text)
	e.text = e.text[n:]
	if e.looks++; e.looks > 10*strange {
		return 0, e.enough
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
