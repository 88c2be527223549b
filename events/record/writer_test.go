package record_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// disk is a file that can be full, and that says when it is written.
type disk struct {
	mu      sync.Mutex
	bytes   []byte
	room    int // 0 is without end
	written chan struct{}
}

var errFull = errors.New("no space left")

func (d *disk) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(b)
	if d.room > 0 {
		n = min(n, d.room-len(d.bytes))
	}
	d.bytes = append(d.bytes, b[:n]...)
	if d.written != nil {
		d.written <- struct{}{}
	}
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

func (d *disk) content() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.bytes)
}

// whole is how many events can be read of a file that has no trailer yet.
func whole(t *testing.T, file []byte) int {
	t.Helper()
	_, lines, err := read(t, file, record.ReadOptions{})
	var damaged *record.DamagedError
	if !errors.As(err, &damaged) || !damaged.CutOff {
		t.Fatalf("a recording under way: %v", err)
	}
	return len(lines)
}

func put(t *testing.T, w *record.Writer, all ...*events.Event) {
	t.Helper()
	for _, ev := range all {
		if err := w.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheHeaderIsThereAtOnce(t *testing.T) {
	d := &disk{}
	writer(t, d, record.Options{})
	if n := whole(t, d.content()); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestFramesEndInTimeThoughNobodyCalls(t *testing.T) {
	d := &disk{written: make(chan struct{}, 9)}
	w := writer(t, d, record.Options{FlushEvery: time.Millisecond})
	<-d.written // the header
	for round := 1; round <= 3; round++ {
		put(t, w, life(round)[0])
		<-d.written // or the test never ends
		if n := whole(t, d.content()); n != round {
			t.Fatalf("%d events after %d frames", n, round)
		}
	}
}

func TestFlushMakesNoSmallFrames(t *testing.T) {
	d := &disk{}
	w := writer(t, d, record.Options{FlushEvery: time.Hour})
	put(t, w, life(1)...)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if n := whole(t, d.content()); n != 0 {
		t.Errorf("%d events after an idle moment", n)
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	if n := whole(t, d.content()); n != 3 {
		t.Errorf("%d events after Sync", n)
	}
	if w.Size() != int64(len(d.content())) {
		t.Errorf("size %d, want %d", w.Size(), len(d.content()))
	}
}

func TestANamespaceDeathIsWrittenAtOnce(t *testing.T) {
	d := &disk{}
	w := writer(t, d, record.Options{FlushEvery: time.Hour})
	put(t, w, life(1)...)
	put(t, w, &events.Event{Seq: 9, Kind: events.PidnsDestroy, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: events.NSID{Inum: 5}}}})
	if n := whole(t, d.content()); n != 4 {
		t.Errorf("%d events", n)
	}
}

func TestFullDisk(t *testing.T) {
	whole := recorded(t, 1, record.Options{})
	d := &disk{room: len(whole) + 100}
	w := writer(t, d, record.Options{FrameBytes: 2500, FlushEvery: time.Hour})
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		for _, ev := range life(i) {
			err = w.Put(ev)
		}
	}
	if !errors.Is(err, errFull) {
		t.Fatalf("%v, want that the disk is full", err)
	}
	before := len(d.content())
	if again := w.Put(life(0)[0]); !errors.Is(again, errFull) {
		t.Errorf("the next event: %v", again)
	}
	if err := w.Close(record.Trailer{}); !errors.Is(err, errFull) {
		t.Errorf("the end: %v", err)
	}
	if len(d.content()) != before {
		t.Error("something is written behind what failed")
	}
	_, lines, err := read(t, d.content()[:w.Size()], record.ReadOptions{})
	var damaged *record.DamagedError
	if !errors.As(err, &damaged) || len(lines) == 0 {
		t.Errorf("%d events are whole, %v", len(lines), err)
	}
}

func TestAfterClose(t *testing.T) {
	d := &disk{}
	w := writer(t, d, record.Options{})
	if err := w.Close(record.Trailer{}); err != nil {
		t.Fatal(err)
	}
	if w.Put(life(0)[0]) == nil || w.Close(record.Trailer{}) == nil {
		t.Error("a closed recording takes more")
	}
}
