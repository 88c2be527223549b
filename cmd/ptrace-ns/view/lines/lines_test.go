package lines_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/lines"
)

type writes struct{ all []string }

func (w *writes) Write(b []byte) (int, error) {
	w.all = append(w.all, string(b))
	return len(b), nil
}

func TestWritesWhatHasWaited(t *testing.T) {
	var w writes
	l := lines.New(&w)
	for _, at := range []uint64{0, 49_999_999, 50_000_000, 60_000_000} {
		if err := l.Put(append(l.Bytes(), "x\n"...), at); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(w.all, "|"); got != "x\nx\nx\n" {
		t.Errorf("before the flush: %q", got)
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(w.all, "|"); got != "x\nx\nx\n|x\n" {
		t.Errorf("after it: %q", got)
	}
}

func TestWritesWholeLinesUnderLoad(t *testing.T) {
	var w writes
	l := lines.New(&w)
	line := append(bytes.Repeat([]byte("a"), 1000), '\n')
	for range 200 {
		if err := l.Put(append(l.Bytes(), line...), 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.all) != 3 {
		t.Fatalf("%d writes, want 3", len(w.all))
	}
	for _, s := range w.all {
		if !strings.HasSuffix(s, "\n") {
			t.Error("a write ends in half a line")
		}
	}
}
