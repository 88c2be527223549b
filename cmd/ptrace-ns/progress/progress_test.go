package progress

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// slow is a reader for which a second passes with each byte.
func slow(file io.Reader, size int64, w io.Writer) *Reader {
	clock := time.Unix(0, 0)
	r := NewReader(io.NopCloser(file), size, w)
	r.now = func() time.Time { clock = clock.Add(time.Second); return clock }
	r.first = clock.Add(patience)
	r.next = r.first
	return r
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	text, err := io.ReadAll(slow(iotest.OneByteReader(strings.NewReader("abcd")), 4, &out))
	if err != nil || string(text) != "abcd" {
		t.Fatalf("read %q, %v", text, err)
	}
	pictures := strings.SplitAfter(out.String(), "\x1b[K")
	want := []string{" 25 %", " 50 %", " 75 %", " 100 %", "\r\x1b[K", ""}
	if len(pictures) != len(want) {
		t.Fatalf("%d pictures: %q", len(pictures), pictures)
	}
	for i := range want[:4] {
		if !strings.Contains(pictures[i], want[i]) || strings.Count(pictures[i], "#") != (i+1)*cells/4 {
			t.Errorf("picture %d is %q", i, pictures[i])
		}
	}
	if pictures[4] != want[4] {
		t.Errorf("the bar stays: %q", pictures[4])
	}
}

// TestThen: what follows on reading has its part of the line, from nothing to all.
func TestThen(t *testing.T) {
	var out bytes.Buffer
	r := slow(strings.NewReader("abcd"), 4, &out)
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	tell := r.Then("drawing")
	for done := range 5 {
		tell(done, 4)
	}
	pictures := strings.SplitAfter(out.String(), "\x1b[K")
	want := []string{" 0 %, drawing", " 25 %, drawing", " 50 %, drawing", " 75 %, drawing", "\r\x1b[K", ""}
	if len(pictures) != len(want) {
		t.Fatalf("%d pictures: %q", len(pictures), pictures)
	}
	for i := range want {
		if !strings.Contains(pictures[i], want[i]) {
			t.Errorf("picture %d is %q, want %q", i, pictures[i], want[i])
		}
	}
}

func TestNoBar(t *testing.T) {
	for name, read := range map[string]func(r *Reader){
		"over soon": func(r *Reader) { r.now = func() time.Time { return time.Unix(0, 0) } },
		"hidden":    func(r *Reader) { r.Hide() },
		"empty":     func(r *Reader) { r.size = 0 },
	} {
		var out bytes.Buffer
		r := slow(strings.NewReader("abcd"), 4, &out)
		read(r)
		if _, err := io.ReadAll(r); err != nil || out.Len() > 0 {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
	}
}

// TestGone: whatever ends the reading, nothing is left on the line.
func TestGone(t *testing.T) {
	var out bytes.Buffer
	file := io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(errors.New("broken")))
	if _, err := io.ReadAll(slow(iotest.OneByteReader(file), 4, &out)); err == nil {
		t.Error("no error")
	}
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("after an error: %q", out.String())
	}
	out.Reset()
	r := slow(strings.NewReader("abcd"), 9, &out) // it is longer than what is read
	if _, err := r.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil || !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("after Close: %q, %v", out.String(), err)
	}
}
